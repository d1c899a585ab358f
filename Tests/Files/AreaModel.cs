using Mooring.Messages;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>What an area must have, in the simplest form: paths with their content, null for directories.</summary>
internal sealed class AreaModel
{
    private readonly SortedDictionary<string, byte[]?> _entries;

    public AreaModel()
        : this(new Dictionary<string, byte[]?>())
    {
    }

    private AreaModel(IDictionary<string, byte[]?> entries) => _entries = new SortedDictionary<string, byte[]?>(entries, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, byte[]?> Entries => _entries;

    public AreaModel Copy() => new(_entries);

    public bool IsDirectory(string path) => path == "/" || (_entries.TryGetValue(path, out var content) && content is null);

    public bool IsFile(string path) => _entries.GetValueOrDefault(path) is not null;

    public bool Exists(string path) => path == "/" || _entries.ContainsKey(path);

    public byte[] Content(string path) => _entries.GetValueOrDefault(path) ?? [];

    public bool CanHold(string path) => IsDirectory(Parent(path)) && !IsDirectory(path);

    public void Set(string path, byte[]? content) => _entries[path] = content;

    public bool HasChildren(string path) => _entries.Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal));

    public void Remove(string path)
    {
        foreach (var key in _entries.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            _entries.Remove(key);
    }

    public void Move(string from, string to)
    {
        if (from == to)
            return;
        Remove(to);
        foreach (var key in _entries.Keys.Where(key => key == from || key.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            _entries[to + key[from.Length..]] = _entries[key];
            _entries.Remove(key);
        }
    }

    public static string Parent(string path) => path.LastIndexOf('/') is var at and > 0 ? path[..at] : "/";

    /// <summary>The difference to what an area has; empty when there is none.</summary>
    public async Task<string> DifferenceAsync(AreaTree tree, Func<string, byte[], Task<int>> read)
    {
        var found = new List<AreaEntry>();
        var directories = new Stack<string>(["/"]);
        while (directories.TryPop(out var directory))
        {
            foreach (var entry in tree.List(directory, null, int.MaxValue))
            {
                found.Add(entry);
                if (entry.IsDirectory)
                    directories.Push(entry.Path);
            }
        }
        var expected = string.Join(' ', _entries.Select(entry => $"{entry.Key}:{entry.Value?.Length.ToString() ?? "d"}"));
        var actual = string.Join(' ', found.OrderBy(entry => entry.Path, StringComparer.Ordinal).Select(entry => $"{entry.Path}:{(entry.IsDirectory ? "d" : entry.SizeBytes)}"));
        if (expected != actual)
            return $"expected [{expected}], found [{actual}]";
        foreach (var (path, content) in _entries)
        {
            if (content is null)
                continue;
            var bytes = new byte[content.Length + 1];
            if (await read(path, bytes) != content.Length || !bytes.AsSpan(0, content.Length).SequenceEqual(content))
                return $"the content of {path} is another one";
            if (tree.Get(path).Crc32c is { } crc && crc != Crc32C.Compute(content))
                return $"the checksum of {path} is another one";
        }
        return "";
    }
}

/// <summary>One step of a workload, for an area and for the model.</summary>
internal abstract record AreaStep
{
    private static readonly string[] _paths = ["/a", "/b", "/d", "/d/x", "/d/y", "/d/e", "/d/e/z", "/f", "/f/w"];

    public abstract Task ExecuteAsync(AreaWriter writer);

    /// <summary>Does the same to the model; the error kind when it must fail and change nothing.</summary>
    public abstract ErrorKind? Apply(AreaModel model);

    public static AreaStep Next(Random chance, string prefix = "")
    {
        string Path() => prefix + _paths[chance.Next(_paths.Length)];
        byte[] Some(int max)
        {
            var bytes = new byte[chance.Next(1, max)];
            chance.NextBytes(bytes);
            return bytes;
        }
        return chance.Next(14) switch
        {
            0 or 1 => new MakeDirectoryStep(Path()),
            2 or 3 => new WriteFileStep(Path(), Some(6_000), false),
            4 => new WriteFileStep(Path(), Some(150_000), chance.Next(2) == 0),
            5 or 6 => new WriteRangeStep(Path(), chance.Next(160_000), Some(5_000)),
            7 => new WriteRangeStep(Path(), chance.Next(100_000), Some(100_000)),
            8 => new WriteRangeStep(Path(), -1, Some(3_000)),
            9 => new TruncateStep(Path(), chance.Next(120_000)),
            10 => new RenameStep(Path(), Path()),
            11 => new RemoveStep(Path(), chance.Next(2) == 0),
            12 => new ChunksStep(Path(), Some(200_000)),
            _ => new CheckpointStep(),
        };
    }

    protected static ErrorKind? Missing(AreaModel model, string path)
    {
        // The first name that is no directory decides.
        for (var parent = AreaModel.Parent(path); parent != "/"; parent = AreaModel.Parent(parent))
        {
            if (model.IsFile(parent))
                return ErrorKind.InvalidArgument;
        }
        return model.IsDirectory(AreaModel.Parent(path)) ? null : ErrorKind.NotFound;
    }

    private sealed record MakeDirectoryStep(string Path) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.MakeDirectoryAsync(Path, false, AreaTest.Now, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (model.Exists(Path))
                return ErrorKind.AlreadyExists;
            model.Set(Path, null);
            return null;
        }
    }

    private sealed record WriteFileStep(string Path, byte[] Bytes, bool CreateNew) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.WriteFileAsync(Path, Bytes, AreaTest.Now, CreateNew, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (CreateNew && model.Exists(Path))
                return ErrorKind.AlreadyExists;
            if (model.IsDirectory(Path))
                return ErrorKind.InvalidArgument;
            model.Set(Path, Bytes);
            return null;
        }
    }

    private sealed record WriteRangeStep(string Path, long Offset, byte[] Bytes) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => Offset < 0
            ? writer.AppendAsync(Path, Bytes, AreaTest.Now, default)
            : writer.WriteAsync(Path, Offset, Bytes, AreaTest.Now, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (model.IsDirectory(Path))
                return ErrorKind.InvalidArgument;
            var before = model.Content(Path);
            var offset = Offset < 0 ? before.Length : (int)Offset;
            var after = new byte[Math.Max(before.Length, offset + Bytes.Length)];
            before.CopyTo(after, 0);
            Bytes.CopyTo(after, offset);
            model.Set(Path, after);
            return null;
        }
    }

    private sealed record TruncateStep(string Path, int Size) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.TruncateAsync(Path, Size, AreaTest.Now, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (!model.IsFile(Path))
                return model.Exists(Path) ? ErrorKind.InvalidArgument : ErrorKind.NotFound;
            var after = new byte[Size];
            model.Content(Path).AsSpan(0, Math.Min(Size, model.Content(Path).Length)).CopyTo(after);
            model.Set(Path, after);
            return null;
        }
    }

    private sealed record RenameStep(string From, string To) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.RenameAsync(From, To, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if ((Missing(model, From) ?? (model.Exists(From) ? null : ErrorKind.NotFound)) is { } source)
                return source;
            if (Missing(model, To) is { } target)
                return target;
            if (From == To)
                return null;
            if (model.IsDirectory(From) && To.StartsWith(From + "/", StringComparison.Ordinal))
                return ErrorKind.InvalidArgument;
            if (model.Exists(To) && (model.IsDirectory(From) != model.IsDirectory(To) || model.HasChildren(To)))
                return ErrorKind.InvalidArgument;
            model.Move(From, To);
            return null;
        }
    }

    private sealed record RemoveStep(string Path, bool Recursive) : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.RemoveAsync(Path, Recursive, default);

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (!model.Exists(Path))
                return ErrorKind.NotFound;
            if (!Recursive && model.HasChildren(Path))
                return ErrorKind.InvalidArgument;
            model.Remove(Path);
            return null;
        }
    }

    /// <summary>Appends in chunks that are committed together, so that a stop leaves all or nothing.</summary>
    private sealed record ChunksStep(string Path, byte[] Bytes) : AreaStep
    {
        public override async Task ExecuteAsync(AreaWriter writer)
        {
            if (Bytes.Length % 2 == 0)
            {
                await using var pieces = new AreaPieces(writer);
                for (var at = 0; at < Bytes.Length; at += 65_536)
                    await pieces.WriteAsync(Bytes.AsMemory(at, Math.Min(65_536, Bytes.Length - at)));
                // It would be made.
                _ = writer.Tree.Get(Path);
                await pieces.AppendAsync(Path, AreaTest.Now, default);
                return;
            }
            await using var file = await writer.BeginWriteAsync(Path, resume: true, AreaTest.Now, default);
            for (var at = 0; at < Bytes.Length; at += 65_536)
                await file.WriteChunkAsync(Bytes.AsMemory(at, Math.Min(65_536, Bytes.Length - at)));
            await file.CommitAsync(AreaTest.Now);
        }

        public override ErrorKind? Apply(AreaModel model)
        {
            if (Missing(model, Path) is { } kind)
                return kind;
            if (!model.IsFile(Path))
                return model.Exists(Path) ? ErrorKind.InvalidArgument : ErrorKind.NotFound;
            model.Set(Path, [.. model.Content(Path), .. Bytes]);
            return null;
        }
    }

    private sealed record CheckpointStep : AreaStep
    {
        public override Task ExecuteAsync(AreaWriter writer) => writer.CheckpointAsync();

        public override ErrorKind? Apply(AreaModel model) => null;
    }
}
