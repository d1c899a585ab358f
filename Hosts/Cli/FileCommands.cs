using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;
using Mooring.Operations;
using Spectre.Console;

namespace Mooring.Cli;

/// <summary><c>mooring fs …</c> and <c>mooring file …</c>.</summary>
internal static class FileCommands
{
    private const int ListPage = 1000;

    public static Command FileSystems() => new("fs", "Create, list, show, check and delete file systems.")
    {
        Create(), List(), Show(), Delete(), FileSystemCheck.Command(), RotateKeys(),
    };

    public static Command Files() => new("file", "Put, get and manage files, named FS:/path.")
    {
        Put(), Get(), Cat(), ListFiles(), MakeDirectory(), Remove(), Move(), Stat(), Tree(),
    };

    private static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The file system's name." };
        var size = new Option<string>("--size") { Description = "The size of each area, such as 10G.", DefaultValueFactory = _ => "10G" };
        var pool = new Option<string>("--pool") { Description = "The pool of its images.", DefaultValueFactory = _ => VolumeId.DefaultPool };
        var areas = new Option<int?>("--areas") { Description = "How many areas, each with a writer of its own; those after the first are mounted at /area-1 and so on." };
        var paths = new Option<string[]>("--path") { Description = "The directory of an area, once for each; the first is /.", DefaultValueFactory = _ => [] };
        var readers = new Option<int?>("--readers") { Description = "How many readers each area has beside its writer (default: all other nodes, 2 at most)." };
        var id = new Option<string?>("--request-id") { Description = "The id of this request: the same id always gets the same answer." };
        return Commands.Asking("create", "Make a file system.", [name], [size, pool, areas, paths, readers, id], async (client, parsed, output) =>
        {
            var body = new CreateFileSystemBody(
                parsed.GetValue(name), parsed.GetValue(pool), Commands.Size(parsed.GetValue(size)!), parsed.GetValue(areas),
                parsed.GetValue(paths) is { Length: > 0 } given ? given : null, parsed.GetValue(readers));
            output.Value(await client.CreateFileSystemAsync(body, parsed.GetValue(id) ?? Guid.CreateVersion7().ToString("N")), HttpJson.Default.FileSystemShape, Print);
        });
    }

    private static Command List() => Commands.Asking("list", "List the file systems.", [], [], async (client, _, output) =>
        output.Value(await client.ListFileSystemsAsync(), HttpJson.Default.FileSystemPage, page => Output.Table(
            ["name", "pool", "areas", "size", "used", "files"],
            page.Items.Select(f => (IReadOnlyList<string>)[
                f.Name, f.Pool, $"{f.Areas.Count}", SizeText.Format(f.SizeBytes * f.Areas.Count), SizeText.Format(f.UsedBytes), $"{f.Files}"]))));

    private static Command Show()
    {
        var name = new Argument<string>("name") { Description = "The file system's name." };
        return Commands.Asking("show", "Show a file system, its areas, writers and readers.", [name], [], async (client, parsed, output) =>
            output.Value(await client.GetFileSystemAsync(parsed.GetValue(name)!), HttpJson.Default.FileSystemShape, Print));
    }

    private static Command Delete()
    {
        var name = new Argument<string>("name") { Description = "The file system's name." };
        return Commands.Asking("delete", "Remove a file system and all its files.", [name], [], async (client, parsed, output) =>
        {
            await client.DeleteFileSystemAsync(parsed.GetValue(name)!);
            Done(output, $"file system {parsed.GetValue(name)} is gone");
        });
    }

    private static Command RotateKeys()
    {
        var now = new Option<bool>("--now") { Description = "End all rights that were given so far: clients ask for others by themselves." };
        return Commands.Asking("rotate-keys", "Sign rights to files with a new key.", [], [now], async (client, parsed, output) =>
            output.Value(await client.RotateFileKeysAsync(parsed.GetValue(now)), HttpJson.Default.FileKeysShape, keys => Output.Table(
                ["signs from", "ends"],
                keys.Items.Select(key => (IReadOnlyList<string>)[
                    key.SignsFrom == default ? "its making" : Output.Time(key.SignsFrom), Output.Time(key.EndsAt)]))));
    }

    private static Command Put()
    {
        var (source, target) = (new Argument<string>("source") { Description = "A local file; - for standard input." }, FileArgument("target"));
        var append = new Option<bool>("--append") { Description = "Put the bytes behind the file's end." };
        var noReplace = new Option<bool>("--create") { Description = "Fail when there is a file of that name." };
        return OnFiles("put", "Write a local file into a file system.", [source, target], [append, noReplace], async (open, parsed, output) =>
        {
            if (parsed.GetValue(append) && parsed.GetValue(noReplace))
                throw new UsageException("--append is for a file that may be there, --create for one that is not");
            var (files, path) = open(target);
            await using var bytes = parsed.GetValue(source) == "-" ? Console.OpenStandardInput() : OpenLocal(parsed.GetValue(source)!);
            var mode = parsed.GetValue(append) ? WriteMode.Append : parsed.GetValue(noReplace) ? WriteMode.CreateNew : WriteMode.Replace;
            var entry = await Bar(output, path, bytes.CanSeek ? bytes.Length : null, progress => files.WriteAsync(path, bytes, mode, 0, progress));
            output.Value(Shape(entry), HttpJson.Default.EntryShape, e => Console.WriteLine($"{e.Path}  {SizeText.Format(e.SizeBytes)}"));
        });
    }

    private static Command Get()
    {
        var (source, target) = (FileArgument("source"), new Argument<string>("target") { Description = "A local file, which is replaced, or a directory; - for standard output." });
        var node = NodeOption();
        return OnFiles("get", "Read a file into a local one.", [source, target], [node], async (open, parsed, output) =>
        {
            var (files, path) = open(source);
            var local = parsed.GetValue(target)!;
            if (local == "-")
            {
                await using var stdout = Console.OpenStandardOutput();
                await files.ReadAsync(path, 0, null, null, bytes => stdout.WriteAsync(bytes), parsed.GetValue(node));
                return;
            }
            if (Directory.Exists(local))
                local = Path.Combine(local, Name(path));
            // Next to it, under a name that nobody else has; it takes the target's place when it is whole.
            var part = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(local))!, $".mooring-{Guid.NewGuid():N}");
            try
            {
                var entry = await ReadAsync(files, path, part, parsed.GetValue(node), output);
                File.Move(part, local, overwrite: true);
                output.Value(Shape(entry), HttpJson.Default.EntryShape, e => Console.WriteLine($"{local}  {SizeText.Format(e.SizeBytes)}"));
            }
            finally
            {
                File.Delete(part);
            }
        });
    }

    private static async Task<FileEntry> ReadAsync(FileSystemClient files, string path, string local, string? node, Output output)
    {
        await using var stream = new FileStream(local, FileMode.CreateNew, FileAccess.Write);
        var (done, size) = (0L, (long?)null);
        var entry = await Bar(output, path, () => size, progress => files.ReadAsync(
            path,
            0,
            null,
            (_, _, count) =>
            {
                size = count;
                return Task.CompletedTask;
            },
            async bytes =>
            {
                await stream.WriteAsync(bytes);
                progress?.Report(done += bytes.Length);
            },
            node));
        await stream.FlushAsync();
        return entry;
    }

    private static Command Cat()
    {
        var (file, node) = (FileArgument("file"), NodeOption());
        var offset = new Option<long>("--offset") { Description = "Where to begin, in bytes." };
        var length = new Option<long?>("--length") { Description = "At most so many bytes." };
        return OnFiles("cat", "Write a file's bytes to standard output.", [file], [node, offset, length], async (open, parsed, _) =>
        {
            var (files, path) = open(file);
            await using var stdout = Console.OpenStandardOutput();
            await files.ReadAsync(path, parsed.GetValue(offset), parsed.GetValue(length), null, bytes => stdout.WriteAsync(bytes), parsed.GetValue(node));
        });
    }

    private static Command ListFiles()
    {
        var (directory, node) = (FileArgument("directory"), NodeOption());
        return OnFiles("ls", "List a directory.", [directory], [node], async (open, parsed, output) =>
        {
            var (files, path) = open(directory);
            var entries = new List<EntryShape>();
            await foreach (var entry in EntriesAsync(files, path, parsed.GetValue(node)))
                entries.Add(Shape(entry));
            output.Value(new EntryPage(entries, null), HttpJson.Default.EntryPage, page => Output.Table(
                ["size", "modified", "name"],
                page.Items.Select(e => (IReadOnlyList<string>)[
                    e.Type == "directory" ? "-" : SizeText.Format(e.SizeBytes), Output.Time(e.ModifiedAt), Name(e.Path) + (e.Type == "directory" ? "/" : "")])));
        });
    }

    private static Command MakeDirectory()
    {
        var directory = FileArgument("directory");
        var parents = new Option<bool>("--parents", "-p") { Description = "Make those above it too; fine when it is there already." };
        return OnFiles("mkdir", "Make a directory.", [directory], [parents], async (open, parsed, output) =>
        {
            var (files, path) = open(directory);
            await files.MakeDirectoryAsync(path, parsed.GetValue(parents));
            Done(output, $"{path} is there");
        });
    }

    private static Command Remove()
    {
        var file = FileArgument("file");
        var recursive = new Option<bool>("--recursive", "-r") { Description = "Remove a directory with all that is in it." };
        return OnFiles("rm", "Remove a file or an empty directory.", [file], [recursive], async (open, parsed, output) =>
        {
            var (files, path) = open(file);
            await files.RemoveAsync(path, parsed.GetValue(recursive));
            Done(output, $"{path} is gone");
        });
    }

    private static Command Move()
    {
        var (from, to) = (FileArgument("from"), new Argument<string>("to") { Description = "The new path, with or without FS:." });
        return OnFiles("mv", "Give a file or directory another name, atomically.", [from, to], [], async (open, parsed, output) =>
        {
            var (files, path) = open(from);
            var target = parsed.GetValue(to)!;
            var cut = target.IndexOf(':', StringComparison.Ordinal);
            if (cut >= 0 && !target.StartsWith('/'))
            {
                if (target[..cut] != Split(parsed.GetValue(from)!).FileSystem)
                    throw new UsageException("a file cannot be moved to another file system: get it and put it there");
                target = target[(cut + 1)..];
            }
            await files.RenameAsync(path, target);
            Done(output, $"{path} is {target} now");
        });
    }

    private static Command Stat()
    {
        var (file, node) = (FileArgument("file"), NodeOption());
        return OnFiles("stat", "Show a file or directory.", [file], [node], async (open, parsed, output) =>
        {
            var (files, path) = open(file);
            output.Value(Shape(await files.StatAsync(path, parsed.GetValue(node))), HttpJson.Default.EntryShape, e => Output.Fields(
                ("path", e.Path),
                ("type", e.Type),
                ("size", $"{SizeText.Format(e.SizeBytes)} ({e.SizeBytes} bytes)"),
                ("modified", Output.Time(e.ModifiedAt)),
                ("crc32c", e.Crc32c ?? "-"),
                ("area", $"{e.Area}")));
        });
    }

    private static Command Tree()
    {
        var directory = FileArgument("directory");
        return OnFiles("tree", "Show a directory and all that is below it.", [directory], [], async (open, _, output) =>
        {
            var (files, path) = open(directory);
            var all = new List<EntryShape>();
            await WalkAsync(files, path, "", output, all);
            if (output.Json)
                output.Value(new EntryPage(all, null), HttpJson.Default.EntryPage, _ => { });
        });
    }

    private static async Task WalkAsync(FileSystemClient files, string path, string indent, Output output, List<EntryShape> all)
    {
        await foreach (var entry in EntriesAsync(files, path, null))
        {
            all.Add(Shape(entry));
            if (!output.Json)
                Console.WriteLine($"{indent}{Name(entry.Path)}{(entry.IsDirectory ? "/" : $"  {SizeText.Format(entry.SizeBytes)}")}");
            if (entry.IsDirectory)
                await WalkAsync(files, entry.Path, indent + "  ", output, all);
        }
    }

    private static async IAsyncEnumerable<FileEntry> EntriesAsync(FileSystemClient files, string path, string? node)
    {
        string? after = null;
        do
        {
            var (entries, next) = await files.ListAsync(path, after, ListPage, node);
            foreach (var entry in entries)
                yield return entry;
            after = next;
        }
        while (after is not null);
    }

    private static Command OnFiles(
        string verb, string description, Argument[] arguments, Option[] options,
        Func<Func<Argument<string>, (FileSystemClient Files, string Path)>, ParseResult, Output, Task> run) =>
        Commands.Asking(verb, description, arguments, options, async (client, parsed, output) =>
        {
            OpenFileSystem? opened = null;
            try
            {
                await run(
                    argument =>
                    {
                        var (system, path) = Split(parsed.GetValue(argument)!);
                        opened = client.OpenFileSystem(system);
                        return (opened.Files, path);
                    },
                    parsed,
                    output);
            }
            finally
            {
                opened?.Dispose();
            }
        });

    internal static (string FileSystem, string Path) Split(string text)
    {
        var cut = text.IndexOf(':', StringComparison.Ordinal);
        if (cut <= 0)
            throw new UsageException($"'{text}' is not FS:/path");
        if (!FileSystemName.TryParse(text[..cut], out _, out var problem) || !FilePath.TryNormalize(text[(cut + 1)..], out var path, out problem))
            throw new UsageException(problem);
        return (text[..cut], path);
    }

    private static FileStream OpenLocal(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static Task<FileEntry> Bar(Output output, string what, long? size, Func<IProgress<long>?, Task<FileEntry>> run) => Bar(output, what, () => size, run);

    private static async Task<FileEntry> Bar(Output output, string what, Func<long?> size, Func<IProgress<long>?, Task<FileEntry>> run)
    {
        if (!output.Interactive)
            return await run(null);
        return await AnsiConsole.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, size() ?? 1));
                return await run(new Progress<long>(bytes =>
                {
                    bar.MaxValue = Math.Max(1, size() ?? bytes);
                    bar.Value = bytes;
                }));
            });
    }

    internal static void Done(Output output, string line)
    {
        if (output.Json)
            Console.WriteLine(JsonSerializer.Serialize(line, HttpJson.Default.String));
        else
            Console.WriteLine(line);
    }

    private static void Print(FileSystemShape f)
    {
        Output.Fields(("name", f.Name), ("pool", f.Pool), ("files", $"{f.Files}"), ("used", $"{SizeText.Format(f.UsedBytes)} of {SizeText.Format(f.SizeBytes * f.Areas.Count)}"));
        Console.WriteLine();
        Output.Table(
            ["area", "path", "image", "epoch", "writer", "readers"],
            f.Areas.Select(a => (IReadOnlyList<string>)[$"{a.Id}", a.Path, a.Image, $"{a.Epoch}", a.Writer ?? "-", string.Join(", ", a.Readers)]));
    }

    private static EntryShape Shape(FileEntry e) => new(
        e.Path, e.IsDirectory ? "directory" : "file", e.SizeBytes, e.ModifiedAt, e.Crc32C?.ToString("x8", CultureInfo.InvariantCulture), e.Area);

    private static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static Argument<string> FileArgument(string name) => new(name) { Description = "FS:/path." };

    private static Option<string?> NodeOption() => new("--node") { Description = "Read through this node." };
}
