using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>
/// Asks the virtual IP for its owner over and over, each time on a new connection, and remembers the longest time without an answer.
/// </summary>
public sealed class VipProbe : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task _run;
    private readonly Lock _lock = new();
    private TimeSpan _lastAnswer;
    private TimeSpan? _downSince;
    private TimeSpan _firstAnswerAfter;
    private TaskCompletionSource _back = new();

    /// <summary>Begins to ask.</summary>
    /// <param name="endpoint">The virtual IP, <c>host:port</c>.</param>
    public VipProbe(string endpoint) => _run = RunAsync(new Uri($"http://{endpoint}/v1/vip"));

    /// <summary>The owner is being killed now.</summary>
    public void Down()
    {
        lock (_lock)
        {
            _downSince = _clock.Elapsed;
            _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits for the first answer to a question that was asked after <see cref="Down"/>.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>The time from <see cref="Down"/> to that answer.</returns>
    public async Task<TimeSpan> OutageAsync(TimeSpan limit)
    {
        await _back.Task.WaitAsync(limit);
        lock (_lock)
            return _firstAnswerAfter - _downSince!.Value;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync(Uri where)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromMilliseconds(250) }) { Timeout = TimeSpan.FromSeconds(1) };
        http.DefaultRequestHeaders.ConnectionClose = true;
        while (!_stop.IsCancellationRequested)
        {
            var asked = _clock.Elapsed;
            try
            {
                using var response = await http.GetAsync(where, _stop.Token);
                if (response.IsSuccessStatusCode)
                    Answered(asked);
                await Task.Delay(Pause, _stop.Token);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Pause, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // A time limit, or the end: the loop's condition tells.
            }
        }
    }

    private void Answered(TimeSpan asked)
    {
        lock (_lock)
        {
            _lastAnswer = _clock.Elapsed;
            if (_downSince is not { } down || asked < down || _back.Task.IsCompleted)
                return;
            _firstAnswerAfter = _lastAnswer;
            _back.TrySetResult();
        }
    }
}
