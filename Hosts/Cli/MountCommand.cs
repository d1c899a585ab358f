using System.CommandLine;
using System.Runtime.InteropServices;
using Mooring.Client;
using Mooring.Mount;

namespace Mooring.Cli;

/// <summary><c>mooring mount FS[:/path] DIR</c>.</summary>
internal static class MountCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("source") { Description = "FS or FS:/path." };
        var directory = new Argument<string>("directory") { Description = "The directory of this machine to mount it at." };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        return Commands.Asking(
            "mount", "Mount a file system at a directory, until it is unmounted. A call that cannot be answered within --timeout fails with EIO.",
            [source, directory], [readOnly], async (client, parsed, output) =>
            {
                var text = parsed.GetValue(source)!;
                var (system, path) = FileCommands.Split(text.Contains(':', StringComparison.Ordinal) ? text : text + ":/");
                var place = Path.GetFullPath(parsed.GetValue(directory)!);
                using var opened = client.OpenFileSystem(system);
                await RunAsync(opened.Files, system, path, place, parsed.GetValue(readOnly), output);
            });
    }

    private static async Task RunAsync(FileSystemClient files, string system, string path, string directory, bool readOnly, Output output)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        await FileSystemMount.RunAsync(
            files, $"{system}:{path}", path, directory, readOnly, () => FileCommands.Done(output, $"{system}:{path} is mounted at {directory}"), stop.Token);
    }
}
