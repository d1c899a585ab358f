using System.Text;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>The table of <c>docs/operations.md</c>.</summary>
internal static class OperationTable
{
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
        return text.ToString();
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
