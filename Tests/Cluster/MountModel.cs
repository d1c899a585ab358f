using System.Runtime.Versioning;

namespace Mooring.Tests.Cluster;

/// <summary>Steps by chance, each on a plain directory and on a mount; both must do the same, and another mount must show it.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class MountModel(string plain, string mounted, string other, int seed) : IDisposable
{
    private const int LargestWrite = 300_000;

    private readonly Random _chance = new(seed);
    private readonly List<(FileStream Plain, FileStream Mounted)> _open = [];
    private readonly List<string> _done = [];

    public void Step()
    {
        var kind = _chance.Next(14);
        var (name, target, number) = (Name(), Name(), _chance.Next());
        _done.Add($"{kind} {name} {target} {number}");
        switch (kind)
        {
            case 0:
                Both(root => File.WriteAllBytes(root + name, Bytes(number)));
                break;
            case 1:
                Both(root => WriteAt(root + name, number % LargestWrite, Bytes(number)));
                break;
            case 2:
                Both(root => File.AppendAllText(root + name, $"line {number}\n"));
                break;
            case 3:
                Both(root => SetLength(root + name, number % LargestWrite));
                break;
            case 4:
                Both(root => Make(root + name));
                break;
            case 5:
                Both(root => File.Delete(root + name));
                break;
            case 6:
                Both(root => Directory.Delete(root + name, recursive: number % 4 == 0));
                break;
            case 7:
                Both(root => File.Move(root + name, root + target, overwrite: true));
                break;
            case 8:
                Both(root => Directory.Move(root + name, root + target));
                break;
            case 9:
                Both(root => File.CreateSymbolicLink(root + name, target.TrimStart('/')));
                break;
            case 10:
                Both(root => File.SetUnixFileMode(root + name, (UnixFileMode)((number & 0x1FF) | 0x180)));
                break;
            case 11:
                Both(root => File.SetLastWriteTimeUtc(root + name, DateTime.UnixEpoch.AddSeconds(number)));
                break;
            case 12:
                Open(name);
                break;
            default:
                UseOpen(number);
                break;
        }
        if (_done.Count % 40 == 0)
            CompareAll();
    }

    public void CompareAll()
    {
        var expected = Describe(plain);
        Same(expected, Describe(mounted));
        Same(expected, Describe(other));
    }

    public void Dispose()
    {
        foreach (var (one, two) in _open)
        {
            one.Dispose();
            two.Dispose();
        }
    }

    private string Name()
    {
        var depth = _chance.Next(1, 4);
        return string.Concat(Enumerable.Range(0, depth).Select(_ => "/" + "abcd"[_chance.Next(4)]));
    }

    private static byte[] Bytes(int number)
    {
        var bytes = new byte[number % (number % 3 == 0 ? LargestWrite : 5000)];
        new Random(number).NextBytes(bytes);
        return bytes;
    }

    private static void WriteAt(string path, int offset, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        file.Position = offset;
        file.Write(bytes);
    }

    private static void SetLength(string path, int length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        file.SetLength(length);
    }

    // The library's own makes those above, too, and finds nothing wrong with one that is there.
    private static void Make(string path)
    {
        if (File.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path)))
            throw new IOException("not here");
        Directory.CreateDirectory(path);
    }

    private bool Both(Action<string> act)
    {
        var (one, two) = (Record.Exception(() => act(plain)), Record.Exception(() => act(mounted)));
        Assert.True(Kind(one) == Kind(two), $"seed {seed}, after {Last()}: the plain directory says {one?.ToString() ?? "done"}, the mount {two?.ToString() ?? "done"}");
        return one is null;
    }

    private static string? Kind(Exception? e) => e is null ? null : $"{e.GetType().Name} {e.HResult:x}";

    private void Open(string name)
    {
        if (_open.Count > 8 || !File.Exists(plain + name))
            return;
        var opened = new List<FileStream>();
        // A link may lead nowhere, or to itself.
        if (Both(root => opened.Add(new FileStream(root + name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 0))))
            _open.Add((opened[0], opened[1]));
    }

    // Files that are open are read, written and closed, whatever became of their names.
    private void UseOpen(int number)
    {
        if (_open.Count == 0)
            return;
        var at = number % _open.Count;
        var (one, two) = _open[at];
        if (number % 5 == 0)
        {
            _open.RemoveAt(at);
            one.Dispose();
            two.Dispose();
            return;
        }
        foreach (var file in (FileStream[])[one, two])
        {
            file.Position = number % LargestWrite;
            file.Write(Bytes(number));
        }
        Assert.True(one.Length == two.Length, $"seed {seed}, after {Last()}: an open file has {one.Length} bytes and {two.Length} on the mount");
        Assert.True(Content(one).AsSpan().SequenceEqual(Content(two)), $"seed {seed}, after {Last()}: an open file differs");
    }

    private static byte[] Content(FileStream file)
    {
        var bytes = new byte[file.Length];
        file.Position = 0;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static List<string> Describe(string root)
    {
        var (found, next) = (new List<string>(), new Stack<string>([root]));
        while (next.TryPop(out var directory))
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(directory))
            {
                found.Add($"{path[root.Length..]} {About(path)}");
                var info = new FileInfo(path);
                if (info.LinkTarget is null && info.Attributes.HasFlag(FileAttributes.Directory))
                    next.Push(path);
            }
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static string About(string path)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is { } target)
            return $"-> {target}";
        if (info.Attributes.HasFlag(FileAttributes.Directory))
            return $"directory {info.UnixFileMode}";
        // A time that was set has whole seconds; what the clock gave differs.
        var time = info.LastWriteTimeUtc.Ticks % TimeSpan.TicksPerSecond == 0 ? $" {info.LastWriteTimeUtc:O}" : "";
        return $"{info.Length} {info.UnixFileMode}{time} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))[..16]}";
    }

    private void Same(List<string> expected, List<string> found) => Assert.True(
        expected.SequenceEqual(found),
        $"seed {seed}, after {Last()}:\nonly in the plain directory: {string.Join("; ", expected.Except(found))}\nonly in the mount: {string.Join("; ", found.Except(expected))}");

    private string Last() => $"{_done.Count} steps ({string.Join(", ", _done.TakeLast(12))})";
}
