using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>
/// Asks the virtual IP for its owner over and over, each time on a new connection, to tell for how long it is away when its owner is killed or
/// stopped.
/// </summary>
public sealed class VipProbe : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    // A stopped owner accepts connections and does not answer; what a busy one takes fits in several times.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task _run;
    private readonly Lock _lock = new();
    private TimeSpan _goneSince;
    private TaskCompletionSource<TimeSpan>? _back;

    /// <summary>Begins to ask.</summary>
    /// <param name="endpoint">The virtual IP, <c>host:port</c>.</param>
    public VipProbe(string endpoint) => _run = RunAsync(new Uri($"http://{endpoint}/v1/vip"));

    /// <summary>Kills or stops the owner, and waits for the first answer to a question that was asked when the owner was gone.</summary>
    /// <param name="strike">Does it; completes when the owner does no more.</param>
    /// <param name="limit">How long the answer may take.</param>
    /// <returns>The time from the strike to that answer.</returns>
    public async Task<TimeSpan> OutageAsync(Func<Task> strike, TimeSpan limit)
    {
        var struck = _clock.Elapsed;
        await strike();
        var back = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            (_goneSince, _back) = (_clock.Elapsed, back);
        return await back.Task.WaitAsync(limit) - struck;
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
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Patience }) { Timeout = Patience };
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
            if (asked >= _goneSince)
                _back?.TrySetResult(_clock.Elapsed);
        }
    }
}
