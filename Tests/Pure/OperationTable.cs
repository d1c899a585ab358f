using System.Text;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>The table of <c>docs/operations.md</c>.</summary>
internal static class OperationTable
{
    private const string Content = """

        ## Content

        `FILE` above is content: the client sends it while the operation runs, with `PUT /v1/operations/ID/content`. A node that does not carry the operation out
        answers 307 with the address of the one that does; 503 and 409 mean that no attempt waits for content now: ask for the operation, and send again when it
        has not ended. The content is always sent from its beginning, once for each attempt: when a node dies, the next attempt waits for it
        (`operations.content-wait-max`). What breaks off may be sent again as well. An operation whose
        content does not come fails and leaves nothing. The result has `content_sha256`. A
        request id that was used before gives the first answer and needs no content. Send `Expect: 100-continue`, as `mooring` and `curl -T` do, so that nothing is
        sent in vain.

        `volume.import-diff` reads what `volume export-diff` and `rbd export-diff` write. Its content is kept and checked as a whole before the volume is touched: from then on
        it is carried through without the client. The snapshot that it begins at must be there, the one that it ends at must not; that is made last. What the store
        refuses half way (no space) leaves the volume partly changed and without that snapshot: the same file can be imported again.

        Any node gives the content of a volume or of a snapshot of it; it takes no lock, and never opens the image to be written:

        | `mooring` | HTTP | gives |
        | --- | --- | --- |
        | `volume export VOLUME[@SNAPSHOT] FILE` | `GET /v1/volumes/{pool}/{image}/content?namespace=&snapshot=` | All bytes, as `rbd export` writes them (format 1). |
        | `volume export-diff VOLUME[@SNAPSHOT] FILE [--from-snap SNAPSHOT]` | `GET /v1/volumes/{pool}/{image}/diff?namespace=&snapshot=&since=` | What has changed, as `rbd export-diff` writes it ("rbd diff v1"). |

        A snapshot gives the bytes of one moment. A volume that is written meanwhile gives each byte as it was at some time between begin and end: to have those of one
        moment, make a snapshot and export that. What cannot be sent to its end is broken off, never ended as if it were whole. `FILE` is `-` for standard output or input.

        """;

    private const string Moving = """

        ## Moving volumes

        `volume.migration.prepare` names the volume and the name that it is to have, in any pool and layout; the three others name the target. Like all requests
        they are about the images that have these names when they are accepted. The target is carried on by the target's node, the source is held meanwhile. Nobody may
        have the source open while it is prepared, nor the target while the migration is aborted; between that the target is opened, read and written like any volume.
        From prepare to the end the source has no name and lies in the trash as `migration`, and the target can be copied, exported, locked and shown; what would change it
        in another way is refused until the migration is committed or aborted: librbd would lose what was changed, and ends the whole process when a snapshot that came
        along was removed. A volume that is in a group or mirrored is taken out of that first.

        An abort gives the source what was written to the target meanwhile. When its old name has been given to another volume meanwhile, the abort is refused before it
        begins; when that happens while it runs, the source is left in the trash, for `trash restore` under another name.

        `execute`, `commit` and `abort` show their progress and cannot be stopped: librbd passes over the wish to stop, or stops in a state in which nobody can use
        the volume. An embedded store copies nothing: a target names its source's files, and gets its own when it is written to.

        ## Mirroring

        It is on Ceph only; an embedded store refuses it (`unsupported`). Volumes can be mirrored one by one after `pool mirror enable POOL image`. By journal a
        volume gets the features journaling and exclusive-lock, and loses the first when the mirroring is ended. The copying is done by `rbd-mirror`, which
        Mooring does not start; peers are made known with `rbd mirror pool peer`. A mirror's snapshot is refused while the pool knows no peer.

        """;

    public static string Text()
    {
        var text = new StringBuilder("""
            # Operations

            Every operation is described in one file of [`Actors/Operations`](../Actors/Operations); this table, the command line, HTTP, the console and the
            journal are derived from those.

            What has not begun can be cancelled, whatever its kind. `stops`: `operation cancel` ends it while it runs, too; what was made is removed.

            | kind | `mooring` | HTTP | body (`DELETE`: query) | does | stops |
            | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var operation in OperationCatalog.All)
        {
            var usage = string.Join(' ', operation.Parameters.Where(p => !p.IsSuffix).Select(Usage));
            if (operation.TakesContent)
                usage = $"FILE {usage}";
            var body = string.Join(", ", HttpForm.BesidePath(operation).SelectMany(Members));
            text.Append($"| `{operation.Kind}` | `{operation.Kind.Replace('.', ' ')} {usage}` | `{operation.Route.Method} {operation.Route.Pattern}` | {body} | {operation.Summary} | {(operation.CanBeStopped ? "yes" : "")} |\n");
        }
        text.Append("""

            Reads are described there too, and answered by any node:

            | kind | `mooring` | HTTP | fields | shows |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var read in ReadCatalog.All)
        {
            var usage = string.Join(' ', read.Parameters.Select(p => p.Name == read.Route.VolumeName ? p.Name.ToUpperInvariant() : $"[{p.Name.ToUpperInvariant()}]"));
            var query = string.Join('&', ReadForm.QueryNames(read).Select(name => name + "="));
            var fields = string.Join(", ", read.Fields.Select(field => $"`{field}`"));
            text.Append($"| `{read.Kind}` | `{$"{read.Kind.Replace('.', ' ')} {usage}".TrimEnd()}` | `GET {read.Route.Pattern}?{query}` | {fields} | {read.Summary} |\n");
        }
        return text.Append(Content).Append(Moving).ToString();
    }

    private static string Usage(Parameter parameter)
    {
        var usage = parameter.Positional ? $"{parameter.Name}{(parameter.Suffix is { } suffix ? $"@{suffix.Name}" : "")}".ToUpperInvariant()
            : parameter is Parameter<bool> ? $"--{parameter.Name}"
            : $"--{parameter.Name} {parameter.Name.ToUpperInvariant()}";
        return parameter.Required ? usage : $"[{usage}]";
    }

    private static IEnumerable<string> Members(Parameter parameter) => parameter is PlaceParameter ? ["`pool`?", "`namespace`?"]
        : parameter is not Parameter<Messages.VolumeId> ? [Name(parameter)]
        : parameter.HttpName.Length == 0 ? ["`pool`?", "`namespace`?", "`name`"]
        : [$"`{parameter.HttpName}`: {{`pool`?, `namespace`?, `name`}}"];

    private static string Name(Parameter parameter) => parameter.Required ? $"`{parameter.HttpName}`" : $"`{parameter.HttpName}`?";
}
