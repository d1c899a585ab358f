using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Mooring.Harness;

/// <summary>Starts a <see cref="Supervisor"/> that stays, and talks to it.</summary>
internal static class SupervisorLink
{
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Starts one, detached from this program and its terminal, and waits until what it runs is ready.</summary>
    /// <param name="optionsFile">Where its options are written; its socket and its log lie beside it.</param>
    /// <param name="options">What it runs.</param>
    /// <returns>The supervisor.</returns>
    /// <exception cref="HarnessException">It ended; the message holds the end of its log.</exception>
    public static async Task<ProcessIdentity> StartAsync(string optionsFile, SupervisorOptions options)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(optionsFile)!);
        await File.WriteAllTextAsync(optionsFile, JsonSerializer.Serialize(options, HarnessJson.Default.SupervisorOptions));
        var log = LogOf(optionsFile);
        File.Delete(log);
        File.Delete(SocketOf(optionsFile));
        // setsid and sh replace themselves, so the process that is started is the supervisor.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", log, Programs.Harness, "supervise", optionsFile])
        {
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start) ?? throw new HarnessException("setsid does not start");
        process.StandardInput.Close();
        var supervisor = ProcessIdentity.Of(process.Id);
        if (supervisor is not null)
            Interruption.Ends(supervisor);
        // The socket may be there before anybody listens at it.
        string? answer;
        while ((answer = await AskAsync(optionsFile, "ready")) is null && !process.HasExited)
            await Task.Delay(_pollInterval);
        if (answer != "ok" || supervisor is null)
        {
            await process.WaitForExitAsync();
            throw new HarnessException(string.Join('\n', File.ReadLines(log).TakeLast(20)));
        }
        return supervisor;
    }

    /// <summary>Gives an order and waits for its answer.</summary>
    /// <returns>"ok", or why not; null when nobody answers.</returns>
    public static async Task<string?> AskAsync(string optionsFile, string order)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketOf(optionsFile)));
            await using var stream = new NetworkStream(socket);
            await using var writer = new StreamWriter(stream) { AutoFlush = true };
            using var reader = new StreamReader(stream);
            await writer.WriteLineAsync(order);
            return await reader.ReadLineAsync();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    /// <summary>Where a supervisor listens.</summary>
    public static string SocketOf(string optionsFile) => Path.ChangeExtension(optionsFile, ".sock");

    /// <summary>What it says.</summary>
    public static string LogOf(string optionsFile) => Path.ChangeExtension(optionsFile, ".log");
}
