using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mooring.Client;
using Mooring.Mount;

namespace Mooring.Cli;

/// <summary><c>mooring mount FS[:/path] DIR</c>.</summary>
internal static class MountCommand
{
    // However the command line says it, the process that serves must not start another one.
    private const string Serving = "MOORING_MOUNT_SERVING";

    public static Command Create()
    {
        var source = new Argument<string>("source") { Description = "FS or FS:/path." };
        var directory = new Argument<string>("directory") { Description = "The directory of this machine to mount it at." };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        var background = new Option<bool>("--background") { Description = "Return when it is mounted: a process of its own serves it." };
        return Commands.Asking(
            "mount", "Mount a file system at a directory, until it is unmounted. A call that cannot be answered within --timeout fails with EIO.",
            [source, directory], [readOnly, background], async (client, parsed, output) =>
            {
                var text = parsed.GetValue(source)!;
                var (system, path) = FileCommands.Split(text.Contains(':', StringComparison.Ordinal) ? text : text + ":/");
                var place = Path.GetFullPath(parsed.GetValue(directory)!);
                if (parsed.GetValue(background) && Environment.GetEnvironmentVariable(Serving) is null)
                {
                    await StartAsync();
                    FileCommands.Done(output, Mounted(system, path, place));
                    return;
                }
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
            files, $"{system}:{path}", path, directory, readOnly, () => FileCommands.Done(output, Mounted(system, path, directory)), stop.Token);
    }

    private static string Mounted(string system, string path, string directory) => $"{system}:{path} is mounted at {directory}";

    // The same command in a session of its own, until it says that it is mounted.
    private static async Task StartAsync()
    {
        var start = new ProcessStartInfo("setsid", [Environment.ProcessPath!, .. Environment.GetCommandLineArgs().Skip(1)])
        {
            Environment = { [Serving] = "1" }, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var serving = Process.Start(start)!;
        serving.StandardInput.Close();
        var problem = serving.StandardError.ReadToEndAsync();
        if (await serving.StandardOutput.ReadLineAsync() is not null)
            return;
        await serving.WaitForExitAsync();
        throw new ServedException(serving.ExitCode, (await problem).Trim());
    }
}

/// <summary>The process that was to go on has ended: what it said, and its exit status.</summary>
internal sealed class ServedException(int status, string said) : Exception(said)
{
    public int Status => status;
}
