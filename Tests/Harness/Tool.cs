using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>Runs programs to their end.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns what it wrote to standard output.</summary>
    /// <exception cref="HarnessException">It did not end well, and the message holds what it said; or it did not end within the limit and was ended.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start) ?? throw new HarnessException($"{program} does not start");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new HarnessException($"{program} {string.Join(' ', start.ArgumentList)} did not end within {limit.TotalSeconds} s");
        }
        // A daemon that it leaves behind may keep the pipes open: what counts has been written by now.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
        var said = output.IsCompletedSuccessfully ? await output.ConfigureAwait(false) : "";
        if (process.ExitCode == 0)
            return said;
        var why = errors.IsCompletedSuccessfully ? await errors.ConfigureAwait(false) : "";
        throw new HarnessException($"{program} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {why.Trim()} {said.Trim()}".Trim());
    }

    /// <summary>Whether a program is in the path.</summary>
    public static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
