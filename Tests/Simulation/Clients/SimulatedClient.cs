using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Clients;

/// <summary>
/// A client outside of the cluster: asks the virtual IP, asks again with the same request id when no answer comes, waits for the result, and
/// sometimes asks for it again. What it sees goes into the history.
/// </summary>
public sealed class SimulatedClient(SimulationRun run, int number)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan GatewayTimeout = TimeSpan.FromSeconds(10);

    private readonly Random _chance = run.World.Stream($"client {number}");
    private readonly Random _cancels = run.World.Stream($"cancels {number}");
    private readonly Random _deliveries = run.World.Stream($"deliveries {number}");
    private readonly string _host = $"client-{number}";
    private long _asked;

    public bool IsDone { get; private set; }

    public async Task RunAsync(int requestCount)
    {
        for (var i = 1; i <= requestCount && !run.RequestsAreOver; i++)
        {
            await run.World.Delay(TimeSpan.FromMilliseconds(_chance.Next(0, 2500)));
            await RequestAsync(new RequestId($"c{number}-r{i}"), DrawCommand());
        }
        IsDone = true;
    }

    /// <summary>Asks for the results of all requests once more, and hands every other request in again.</summary>
    public async Task AskAgainAsync()
    {
        IsDone = false;
        foreach (var (request, command) in run.History.RequestsOf(_host))
        {
            await ResultAsync(request, command);
            if (_chance.Next(2) == 0 && !run.History.WasRefused(request))
                await SubmitAsync(request, command);
        }
        IsDone = true;
    }

    private async Task RequestAsync(RequestId request, VolumeCommand command)
    {
        run.History.Asked(_host, request, command);
        // Copies of a volume onto itself are refused; a delivery client is told so by the same message as of a failure.
        if (_deliveries.Next(4) == 0 && command.SourceVolume != command.Volume && run.Options.Mutation != Mutation.RequestIdIgnored)
            await run.Deliveries.RequestAsync(request, command);
        else if (!await SubmitAsync(request, command))
            return;
        else if (_cancels.Next(6) == 0)
            await CancelAsync(request);
        await ResultAsync(request, command);
        if (_chance.Next(3) == 0 && await SubmitAsync(request, command))
            await ResultAsync(request, command);
        if (_chance.Next(4) == 0)
            await ConflictAsync(request);
    }

    // Whether it was accepted; false: it was refused.
    private async Task<bool> SubmitAsync(RequestId request, VolumeCommand command)
    {
        while (true)
        {
            switch (await AskAsync($"submit {request}", _ => new SubmitOperation(Sent(request), command, Deliver: false), AnswerTimeout))
            {
                case OperationAccepted accepted:
                    run.History.Accepted(request, accepted.Operation);
                    return true;
                case OperationFailed { Error.Kind: ErrorKind.Overloaded or ErrorKind.Unavailable }:
                    break;
                case OperationFailed failed:
                    run.History.Refused(request, failed.Error);
                    return false;
                case { } other:
                    run.Violations.Add($"{request}: unexpected answer {other}");
                    break;
            }
            await run.World.Delay(TimeSpan.FromMilliseconds(_chance.Next(50, 400)));
        }
    }

    private async Task ResultAsync(RequestId request, VolumeCommand command)
    {
        if (run.History.WasRefused(request))
            return;
        while (true)
        {
            var operation = run.History.OperationOf(request);
            switch (await AskAsync($"await {request}", node => new AwaitOperation(operation, WaitMax, node), AnswerTimeout + WaitMax))
            {
                case OperationFound { Operation: { Ended: true } ended }:
                    run.History.Ended(request, command, ended);
                    return;
                case OperationFound:
                    break;
                case QueryFailed { Error.Kind: ErrorKind.NotFound }:
                    run.Violations.Add($"{request} was accepted as {operation} and is not known any more");
                    return;
                case QueryFailed or null:
                    break;
                case { } other:
                    run.Violations.Add($"{request}: unexpected answer {other}");
                    break;
            }
            await run.World.Delay(TimeSpan.FromMilliseconds(_chance.Next(50, 400)));
        }
    }

    private async Task CancelAsync(RequestId request)
    {
        await run.World.Delay(TimeSpan.FromMilliseconds(_cancels.Next(0, 3000)));
        run.History.CancelAsked(request);
        while (true)
        {
            switch (await AskAsync($"cancel {request}", _ => new CancelOperation(run.History.OperationOf(request)), AnswerTimeout))
            {
                case OperationFound { Operation: { Ended: false, CancelAsked: false } }:
                    run.Violations.Add($"{request}: the wish to cancel it was heard and is not known");
                    return;
                case OperationFound:
                    return;
                case QueryFailed { Error.Kind: ErrorKind.NotFound }:
                    run.Violations.Add($"{request} was accepted and cannot be cancelled: it is not known any more");
                    return;
            }
            await run.World.Delay(TimeSpan.FromMilliseconds(_cancels.Next(50, 400)));
        }
    }

    // The same id with other content must be refused, and change nothing.
    private async Task ConflictAsync(RequestId request)
    {
        var other = new CreateVolume(VolumeId.Parse("rbd/never"), 77 << 20);
        while (true)
        {
            switch (await AskAsync($"conflict {request}", _ => new SubmitOperation(request, other, Deliver: false), AnswerTimeout))
            {
                case OperationFailed { Error.Kind: ErrorKind.RequestConflict }:
                    return;
                case null or OperationFailed { Error.Kind: ErrorKind.Overloaded or ErrorKind.Unavailable }:
                    break;
                case var answer:
                    run.Violations.Add($"{request} with other content was answered with {answer}");
                    return;
            }
            await run.World.Delay(TimeSpan.FromMilliseconds(_chance.Next(50, 400)));
        }
    }

    private RequestId Sent(RequestId request) =>
        run.Options.Mutation == Mutation.RequestIdIgnored ? new RequestId($"{request}-{++_asked}") : request;

    // Through the gateway of whoever has the address: null when no answer has come in time.
    private Task<object?> AskAsync(string what, Func<NodeName, object> question, TimeSpan limit)
    {
        var answer = new TaskCompletionSource<object?>();
        run.World.Schedule(null, limit, $"{_host} gives {what} up", () => answer.TrySetResult(null), () => answer.Task.IsCompleted);
        if (run.Lan.Reachable is not { } holding)
        {
            run.World.Schedule(null, TimeSpan.FromMilliseconds(20), $"{_host} finds nobody", () => answer.TrySetResult(null));
            return answer.Task;
        }
        run.World.Network.Send(_host, holding.Process.Host, holding.Process, $"{_host} asks: {what}", () =>
        {
            var node = run.Nodes.Single(n => n.Process == holding.Process);
            if (!run.Lan.Holdings.Contains(holding) || node.Mooring is not { } mooring)
                return;
            _ = PassOnAsync(mooring, question(holding.Node), reply =>
            {
                // Its connection was cut when the address was taken off.
                if (run.Lan.Holdings.Contains(holding) && !holding.Process.IsDead)
                    run.World.Network.Send(holding.Process.Host, _host, null, $"answer: {what}", () => answer.TrySetResult(reply));
            });
        });
        return answer.Task;
    }

    private static async Task PassOnAsync(MooringCluster mooring, object question, Action<object> reply)
    {
        object answer;
        try
        {
            answer = await mooring.Owner.Ask<object>(question, GatewayTimeout);
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
        {
            return;
        }
        reply(answer);
    }

    private VolumeCommand DrawCommand()
    {
        VolumeId Any() => VolumeId.Parse($"rbd/v{_chance.Next(run.Options.VolumeCount)}");
        var volume = Any();
        return _chance.Next(10) switch
        {
            < 4 => new CreateVolume(volume, (long)_chance.Next(1, 200) << 20),
            < 6 => new ResizeVolume(volume, (long)_chance.Next(1, 400) << 20, AllowShrink: _chance.Next(2) == 0),
            < 8 => new CopyVolume(volume, Any()),
            _ => new DeleteVolume(volume),
        };
    }
}
