using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mooring.Storage.Embedded;

/// <summary>Data files: sparse, read as zeros beyond their end.</summary>
internal static partial class SparseFile
{
    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;
    private const int SeekData = 3, SeekHole = 4, Enxio = 6;

    // FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE
    private const int KeepSize = 1, MakeHole = 2;

    /// <summary>Makes a file that must not be there yet.</summary>
    public static SafeFileHandle Create(string path, long length)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, Shared);
        try
        {
            RandomAccess.SetLength(handle, length);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static SafeFileHandle Open(string path, bool write = false) =>
        File.OpenHandle(path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, Shared);

    /// <summary>Fills the buffer; what lies beyond the file's end is zeros.</summary>
    public static void Read(SafeFileHandle file, long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = RandomAccess.Read(file, buffer, offset);
            if (count == 0)
                break;
            offset += count;
            buffer = buffer[count..];
        }
        buffer.Clear();
    }

    /// <summary>The next stretch of data at or after an offset, or null when only holes follow.</summary>
    public static (long Begin, long End)? NextData(SafeFileHandle file, long offset, long limit)
    {
        var end = Math.Min(limit, RandomAccess.GetLength(file));
        if (offset >= end)
            return null;
        // Elsewhere (other systems, file systems without it) all is data, and the test for zeros keeps the holes.
        if (!OperatingSystem.IsLinux())
            return (offset, end);
        var begin = Seek(file, offset, SeekData);
        if (begin < 0)
            return Marshal.GetLastPInvokeError() == Enxio ? null : (offset, end);
        if (begin >= end)
            return null;
        var hole = Seek(file, begin, SeekHole);
        return (begin, hole < 0 ? end : Math.Min(hole, end));
    }

    /// <summary>Gives back the space of a stretch, which reads as zeros then. Where that cannot be done it stays as it is.</summary>
    public static void PunchHole(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
            _ = Allocate(file, KeepSize | MakeHole, offset, length);
    }

    /// <summary>Makes the names of a directory durable.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = OpenFile(path, 0);
        if (descriptor < 0)
            throw new IOException($"cannot open {path}", Marshal.GetLastPInvokeError());
        var failed = Sync(descriptor) != 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Close(descriptor);
        if (failed != 0)
            throw new IOException($"cannot sync {path}", failed);
    }

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
