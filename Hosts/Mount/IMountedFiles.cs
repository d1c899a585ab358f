using Mooring.Messages.Wire;
using Mooring.Mount.Fuse;

namespace Mooring.Mount;

/// <summary>
/// What a mount needs of a file system: files and directories by number, where 1 is the directory that is mounted. Every call fails with
/// <see cref="MountException"/>, and what a call has changed is durable when it completes.
/// </summary>
internal interface IMountedFiles
{
    Task<FuseAttributes> LookupAsync(ulong directory, string name, CancellationToken cancellationToken);

    Task<FuseAttributes> GetAsync(ulong node, CancellationToken cancellationToken);

    /// <summary>A page of a directory, in a stable order.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="after">The name that it comes after; empty for the first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entries, and whether more come.</returns>
    Task<(IReadOnlyList<(string Name, FuseAttributes Attributes)> Entries, bool More)> ListAsync(ulong directory, string after, CancellationToken cancellationToken);

    Task<ReadOnlyMemory<byte>> ReadAsync(ulong node, long offset, int length, CancellationToken cancellationToken);

    /// <summary>How much fits into the area of a node, how much of that is free, and how many files and directories there are.</summary>
    Task<(long TotalBytes, long FreeBytes, long Files)> SpaceAsync(ulong node, CancellationToken cancellationToken);

    /// <summary>Makes what the type in the mode says.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Type, permissions and owner.</param>
    /// <param name="target">Of a symbolic link.</param>
    /// <param name="mayExist">Whether a file that is there is as good.</param>
    Task<FuseAttributes> MakeAsync(ulong directory, string name, NodeSettings settings, ReadOnlyMemory<byte> target, bool mayExist);

    /// <summary>Writes at an offset; below 0, at the end.</summary>
    Task WriteAsync(ulong node, long offset, ReadOnlyMemory<byte> bytes);

    Task<FuseAttributes> SetAsync(ulong node, NodeSettings settings);

    Task RemoveAsync(ulong directory, string name, bool isDirectory);

    Task RenameAsync(ulong directory, string name, ulong newDirectory, string newName, uint flags);

    Task AllocateAsync(ulong node, long offset, long length, uint mode);

    Task<long> SeekAsync(ulong node, long offset, bool holes, CancellationToken cancellationToken);

    Task<ReadOnlyMemory<byte>> GetExtendedAsync(ulong node, string name, CancellationToken cancellationToken);

    Task<ReadOnlyMemory<byte>> ListExtendedAsync(ulong node, CancellationToken cancellationToken);

    /// <summary>Sets an extended attribute; without a value it goes.</summary>
    Task SetExtendedAsync(ulong node, string name, ReadOnlyMemory<byte>? value, uint flags);

    /// <summary>A file was opened once more here: it stays when its name goes.</summary>
    void Opened(ulong node);

    /// <summary>A file was closed as often as it was opened, or once less.</summary>
    Task ClosedAsync(ulong node);
}

/// <summary>A call of the file system fails with an error number of Linux.</summary>
/// <param name="errno">The number.</param>
/// <param name="message">One line for a person.</param>
internal sealed class MountException(int errno, string message) : Exception(message)
{
    public int Errno { get; } = errno;
}
