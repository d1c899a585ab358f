using System.CommandLine;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Cli;

/// <summary>Volumes out to local files, and local files into volumes.</summary>
internal static class ContentCommands
{
    private const string Standard = "-";
    private const int ZeroRunBytes = 64 << 10;
    private const int PieceBytes = 1 << 20;

    public static Command Export()
    {
        var (source, file) = (SourceArgument(), FileArgument());
        return Commands.Asking("export", "Write the bytes of a volume, or of a snapshot of it, into a local file.", [source, file], [], async (client, parsed, output) =>
        {
            var (volume, snapshot) = Source(parsed.GetValue(source)!);
            await WriteAsync(parsed.GetValue(file)!, (target, sparse) => client.ReadContentAsync(volume, snapshot, (size, content) => CopyAsync(content, size, target, sparse)));
            Done(output, parsed.GetValue(file)!, $"{volume}{(snapshot is null ? "" : $"@{snapshot}")} is in {parsed.GetValue(file)}");
        });
    }

    public static Command ExportDiff()
    {
        var (source, file) = (SourceArgument(), FileArgument());
        var since = new Option<string?>("--from-snap") { Description = "The earlier snapshot; without it all that is not zeros is written." };
        return Commands.Asking("export-diff", "Write what has changed in a volume, or up to a snapshot of it, into a local file.", [source, file], [since], async (client, parsed, output) =>
        {
            var ((volume, snapshot), from) = (Source(parsed.GetValue(source)!), parsed.GetValue(since));
            if (from is not null && SnapshotName.Validate(from) is { } wrong)
                throw new UsageException(wrong);
            await WriteAsync(parsed.GetValue(file)!, (target, _) => client.ReadDiffAsync(volume, snapshot, from, content => content.CopyToAsync(target)));
            Done(output, parsed.GetValue(file)!, $"what has changed in {volume}{(snapshot is null ? "" : $"@{snapshot}")} is in {parsed.GetValue(file)}");
        });
    }

    /// <summary>What an operation takes is read from a local file.</summary>
    public static Change Take(Operation operation, string file, Given given, Change change)
    {
        if (change.NoWait)
            throw new UsageException("--no-wait does not go with content: that is sent while the operation runs");
        if (file == Standard)
        {
            Stream? once = Console.OpenStandardInput();
            return change with { Content = () => Interlocked.Exchange(ref once, null) };
        }
        using (var stream = Open(file))
        {
            if (operation.ContentSize is { } size && !given.Has(size) && stream.CanSeek && stream.Length > 0)
                given.Set(size, stream.Length);
        }
        return change with { Content = () => Open(file) };
    }

    private static Argument<string> SourceArgument() => new("volume[@snapshot]")
    {
        Description = "pool[/namespace]/image, or image in the pool rbd. One that is written meanwhile gives each byte as it is at some time; its snapshot gives those of one moment.",
    };

    private static Argument<string> FileArgument() => new("file") { Description = "A local file that is not there yet; - for standard output." };

    private static (VolumeId Volume, string? Snapshot) Source(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (!VolumeId.TryParse(at < 0 ? text : text[..at], out var volume, out var problem))
            throw new UsageException(problem);
        var snapshot = at < 0 ? null : text[(at + 1)..];
        return snapshot is not null && SnapshotName.Validate(snapshot) is { } wrong ? throw new UsageException(wrong) : (volume, snapshot);
    }

    // A file that is not whole is not left.
    private static async Task WriteAsync(string file, Func<Stream, bool, Task> write)
    {
        if (file == Standard)
        {
            await using var output = Console.OpenStandardOutput();
            await write(output, false);
            return;
        }
        try
        {
            await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0);
            try
            {
                await write(target, true);
            }
            catch
            {
                File.Delete(file);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static async Task CopyAsync(Stream content, long? size, Stream target, bool sparse)
    {
        var (buffer, at) = (new byte[PieceBytes], 0L);
        while (await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false) is > 0 and var count)
        {
            for (var start = 0; start < count; start += ZeroRunBytes)
            {
                var run = buffer.AsMemory(start, Math.Min(ZeroRunBytes, count - start));
                if (!sparse || run.Span.ContainsAnyExcept((byte)0))
                    await target.WriteAsync(run);
                else
                    target.Seek(run.Length, SeekOrigin.Current);
            }
            at += count;
        }
        if (size is { } expected && at != expected)
            throw new MooringUnreachableException($"the content broke off after {at} of {expected} bytes", null, null);
        if (sparse)
            target.SetLength(at);
    }

    private static void Done(Output output, string file, string text)
    {
        if (!output.Json && file != Standard)
            Console.WriteLine(text);
    }

    private static FileStream Open(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }
}
