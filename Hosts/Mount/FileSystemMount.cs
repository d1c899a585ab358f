using Mooring.Client;
using Mooring.Mount.Fuse;

namespace Mooring.Mount;

/// <summary>A file system, or a directory of one, mounted at a directory of this machine.</summary>
public static class FileSystemMount
{
    // Whoever has a file open or stands in a directory keeps an unmounted file system; not for ever.
    private static readonly TimeSpan BusyLimit = TimeSpan.FromSeconds(10);

    // Changes that are under way when the mount ends are durable or not; nobody waits for them any more.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    /// <summary>Mounts, and serves until it is unmounted.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="source">What the machine shows as mounted, as in <c>docs:/</c>.</param>
    /// <param name="path">The directory of the file system.</param>
    /// <param name="directory">The directory of this machine.</param>
    /// <param name="readOnly">Whether changes are refused.</param>
    /// <param name="mounted">Told when it is there.</param>
    /// <param name="stop">Unmounts.</param>
    /// <returns>Completes when it is unmounted, by whomever.</returns>
    /// <exception cref="MooringException">There is no such file system or directory in it.</exception>
    /// <exception cref="IOException">This machine does not mount it; the message says why, and it has the system's number.</exception>
    public static async Task RunAsync(
        FileSystemClient files, string source, string path, string directory, bool readOnly, Action mounted, CancellationToken stop)
    {
        await using var system = await MountedFileSystem.OpenAsync(files, path, FuseDevice.User, FuseDevice.Group, stop).ConfigureAwait(false);
        try
        {
            using var device = FuseDevice.Mount(source, directory, readOnly);
            using var session = new FuseSession(device, system);
            await using var stopping = stop.Register(device.Unmount);
            var serving = Task.Factory.StartNew(() => session.Run(mounted), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await (await Task.WhenAny(serving, StoppedAsync(stop)).ConfigureAwait(false)).ConfigureAwait(false);
            await session.DrainAsync(DrainLimit).ConfigureAwait(false);
        }
        catch (MountException e)
        {
            throw new IOException(e.Message, e.Errno);
        }
    }

    private static async Task StoppedAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await Task.Delay(BusyLimit, CancellationToken.None).ConfigureAwait(false);
    }
}
