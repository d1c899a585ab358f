using System.Diagnostics;
using System.Globalization;

namespace Mooring.Benchmarks.Engine;

/// <summary>This program once more, in another role. It tells what it has to tell as lines, and ends when its input does.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<(string Text, long At)> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(string role, IEnumerable<string> arguments)
    {
        Started = Stopwatch.GetTimestamp();
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [role, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        new Thread(Read) { IsBackground = true }.Start();
    }

    /// <summary>When the process was started, by <see cref="Stopwatch"/>.</summary>
    public long Started { get; }

    public static ChildProcess Start(string role, params string[] arguments) => new(role, arguments);

    /// <summary>What follows the beginning in the first line that begins so.</summary>
    public async Task<string> LineAsync(string beginning) => (await TimedLineAsync(beginning, 0)).Text[beginning.Length..].Trim();

    /// <summary>The first line that begins so and came after a moment, and when it came.</summary>
    public async Task<(string Text, long At)> TimedLineAsync(string beginning, long after)
    {
        var limit = Task.Delay(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task more;
            lock (_lines)
            {
                var at = _lines.FindIndex(line => line.At >= after && line.Text.StartsWith(beginning, StringComparison.Ordinal));
                if (at >= 0)
                    return _lines[at];
                more = _more.Task;
            }
            if (await Task.WhenAny(more, limit) == limit)
                throw new TimeoutException($"process {_process.Id} does not say '{beginning}' within 60 s");
        }
    }

    public int Count(string beginning)
    {
        lock (_lines)
            return _lines.Count(line => line.Text.StartsWith(beginning, StringComparison.Ordinal));
    }

    public void Say(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary><c>kill -9</c>.</summary>
    /// <returns>When it was sent.</returns>
    public long Kill()
    {
        var at = Stopwatch.GetTimestamp();
        _process.Kill();
        return at;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } text)
        {
            var at = Stopwatch.GetTimestamp();
            TaskCompletionSource before;
            lock (_lines)
            {
                _lines.Add((text, at));
                before = _more;
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            before.TrySetResult();
        }
    }
}

/// <summary>A folder that is deleted again.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private static int _last;

    private readonly string _path = Path.Combine(
        Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"engine-bench-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}"));

    public ScratchFolder() => Directory.CreateDirectory(_path);

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
