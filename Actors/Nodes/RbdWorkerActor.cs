using Akka.Actor;
using Akka.Event;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// One slot for work on the block store, with a connection of its own: what a successor fences is exactly this slot's work. A
/// connection that left something in doubt is never used again.
/// </summary>
public sealed class RbdWorkerActor : ReceiveActor
{
    private readonly MooringServices _services;
    private readonly int _slot;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private IBlockStore? _store;
    private Task<Prepared>? _preparing;
    private CancellationTokenSource? _cancelled;
    private IActorRef _client = ActorRefs.Nobody;
    private OperationId _operation;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="slot">The slot's number, from 0.</param>
    public RbdWorkerActor(MooringServices services, int slot)
    {
        _services = services;
        _slot = slot;
        Idle();
    }

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="slot">The slot's number, from 0.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, int slot) => Akka.Actor.Props.Create(() => new RbdWorkerActor(services, slot));

    /// <inheritdoc/>
    protected override void PreStart() => Context.Parent.Tell(new WorkerIdle(Self));

    // Only its end would be noticed by who watches it, not that it starts anew.
    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        _client.Tell(new WorkerLost(_operation));
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _ = Ending.CloseAsync(_store, _preparing, prepared => prepared.Store);
    }

    private void Idle()
    {
        Common();
        Receive<RequestWorker>(request =>
        {
            _client = Sender;
            _operation = request.Operation;
            Context.Watch(_client);
            Become(Preparing);
            _preparing = PrepareAsync(request.Observe);
            _preparing.PipeTo(
                Self,
                success: prepared => prepared,
                failure: e => new PreparationFailed(ErrorOf(e), BreaksConnection(e)));
        });
    }

    private void Preparing()
    {
        Common();
        Receive<Prepared>(prepared =>
        {
            _store = prepared.Store;
            Become(Reserved);
            _client.Tell(new WorkerReady(_operation, Self, prepared.Store.Address, prepared.Seen));
        });
        Receive<PreparationFailed>(failed =>
        {
            // What only looked leaves nothing behind, and the connection may serve other images well.
            if (failed.Breaks && failed.Error.Kind != ErrorKind.TimedOut)
                Disconnect();
            GoIdle(new WorkerRefused(_operation, failed.Error));
        });
        // Its reservation ends when the answer comes: there is nobody left to give it to.
        Receive<Terminated>(_ => Become(PreparingForNobody));
    }

    private void PreparingForNobody()
    {
        Common();
        Receive<Prepared>(prepared =>
        {
            _store = prepared.Store;
            GoIdle();
        });
        Receive<PreparationFailed>(_ =>
        {
            Disconnect();
            GoIdle();
        });
    }

    private void Reserved()
    {
        Common();
        Receive<RunAttempt>(run =>
        {
            Become(Running);
            _cancelled = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            if (run.OnlyLook)
                _cancelled.Cancel();
            AttemptAsync(run.Active, _cancelled.Token).PipeTo(Self);
        });
        Receive<RunCleanUp>(run =>
        {
            Become(Running);
            CleanUpAsync(run.Remains).PipeTo(Self);
        });
        Receive<ReturnWorker>(_ => GoIdle());
        Receive<Terminated>(_ => GoIdle());
    }

    // The work goes on when the volume's actor dies: it cannot be called back, and its successor fences this connection.
    private void Running()
    {
        Common();
        Receive<CancelAttempt>(cancel =>
        {
            if (cancel.Operation == _operation)
                _cancelled?.Cancel();
        });
        Receive<AttemptReport>(report =>
        {
            // Of work that an earlier incarnation began.
            if (report.Operation != _operation)
                return;
            _cancelled?.Dispose();
            _cancelled = null;
            if (report.InDoubt)
            {
                _log.Warning("{0} attempt {1} is in doubt: {2}", report.Operation, report.Attempt, report.Error?.Detail);
                Disconnect();
            }
            GoIdle(report);
        });
        Receive<CleanUpStopped>(ended =>
        {
            if (ended.Cleaned.Operation != _operation)
                return;
            if (ended.Breaks)
                Disconnect();
            GoIdle(ended.Cleaned);
        });
        Receive<Terminated>(_ => { });
    }

    private void Common() => Receive<Ping>(_ => Sender.Tell(Pong.Instance));

    // The dispatcher first: it passes over an operation that asks again while it has a worker.
    private void GoIdle(object? answer = null)
    {
        var client = _client;
        Context.Unwatch(client);
        _client = ActorRefs.Nobody;
        Become(Idle);
        Context.Parent.Tell(new WorkerIdle(Self));
        if (answer is not null)
            client.Tell(answer);
    }

    private async Task<Prepared> PrepareAsync(VolumeCommand? observe)
    {
        var store = _store ?? await _services.Store.ConnectAsync($"worker-{_slot}", 1, _stopped.Token);
        try
        {
            var seen = observe is null ? null : await OperationCatalog.Of(observe).ObserveAsync(store, observe, _stopped.Token);
            return new Prepared(store, seen);
        }
        catch when (_store is null)
        {
            await store.DisposeAsync();
            throw;
        }
    }

    private async Task<AttemptReport> AttemptAsync(ActiveOperation active, CancellationToken cancelled)
    {
        var client = _client;
        var progress = new ThrottledProgress(
            _services.Clock, _services.Settings.ProgressInterval, value => client.Tell(new AttemptProgressed(active.Operation, active.Attempt, value)));
        var context = AttemptOf(active, progress) with { Cancelled = cancelled };
        try
        {
            var result = await OperationCatalog.Of(active.Command).RunAsync(context, active.Command);
            return new AttemptReport(
                active.Operation, active.Attempt, result.Volume, result.Error, InDoubt: false, result.Leftovers, context.EarlierFenced);
        }
        // The store had not begun with it.
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested && !_stopped.IsCancellationRequested)
        {
            return new AttemptReport(
                active.Operation, active.Attempt, null, OperationErrors.Cancelled(active.Command.Kind), InDoubt: false, Leftovers: true, context.EarlierFenced);
        }
        catch (Exception e) when (context.InOtherWords(ErrorOf(e), active.Command.Volume) is var error)
        {
            return new AttemptReport(
                active.Operation, active.Attempt, null, error, BreaksConnection(e), Leftovers: LeavesWork(active.Command), context.EarlierFenced);
        }
    }

    private async Task<CleanUpStopped> CleanUpAsync(ActiveOperation remains)
    {
        try
        {
            await OperationCatalog.Of(remains.Command).CleanUpAsync(AttemptOf(remains, new Progress<double>()), remains.Command);
            return new CleanUpStopped(new CleanUpEnded(remains.Operation, null), Breaks: false);
        }
        catch (Exception e)
        {
            return new CleanUpStopped(new CleanUpEnded(remains.Operation, ErrorOf(e)), BreaksConnection(e));
        }
    }

    private AttemptContext AttemptOf(ActiveOperation active, IProgress<double> progress) => new(
        _store!,
        active.Operation,
        active.Command.Kind,
        active.Attempt,
        active.ImageIdBefore,
        active.SourceImageIdBefore,
        active.Workers.RemoveAt(active.Workers.Count - 1),
        _services.Settings.FenceDuration,
        progress,
        _services.CrashPoints,
        _services.Clock,
        _stopped.Token)
    {
        Noted = active.Noted,
        Uploads = _services.Uploads,
    };

    private void Disconnect()
    {
        var store = _store;
        _store = null;
        if (store is null)
            return;
        var log = _log;
        store.DisposeAsync().AsTask().ContinueWith(
            t => log.Warning("closing a connection to the block store failed: {0}", t.Exception?.GetBaseException().Message),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
    }

    private static OperationError ErrorOf(Exception e) => e.GetBaseException() switch
    {
        BlockStoreException store => store.Error,
        OperationCanceledException => new OperationError(ErrorKind.Unavailable, "the worker was stopped"),
        var other => new OperationError(ErrorKind.Internal, $"{other.GetType().Name}: {other.Message}"),
    };

    private static bool LeavesWork(VolumeCommand command) => command.SourceVolume is not null || OperationCatalog.Of(command).TakesContent;

    // Something may still be on its way over the connection, or nobody knows what became of it.
    private static bool BreaksConnection(Exception e) =>
        e.GetBaseException() is not BlockStoreException store || OperationErrors.MeaningOf(store.Kind) == ErrorMeaning.InDoubt;

    private sealed record Prepared(IBlockStore Store, VolumeObservation? Seen) : INoSerializationVerificationNeeded;

    private sealed record PreparationFailed(OperationError Error, bool Breaks) : INoSerializationVerificationNeeded;

    private sealed record CleanUpStopped(CleanUpEnded Cleaned, bool Breaks) : INoSerializationVerificationNeeded;

    private sealed class ThrottledProgress(TimeProvider clock, TimeSpan interval, Action<double> report) : IProgress<double>
    {
        private long _last = clock.GetTimestamp();

        public void Report(double value)
        {
            var last = Interlocked.Read(ref _last);
            if (clock.GetElapsedTime(last) >= interval && Interlocked.CompareExchange(ref _last, clock.GetTimestamp(), last) == last)
                report(value);
        }
    }
}

/// <summary>Tells the dispatcher that a worker is free.</summary>
/// <param name="Worker">The worker.</param>
internal sealed record WorkerIdle(IActorRef Worker) : INoSerializationVerificationNeeded;

/// <summary>Asks whether somebody answers.</summary>
internal sealed record Ping : INoSerializationVerificationNeeded
{
    public static Ping Instance { get; } = new();
}

/// <summary>Answers <see cref="Ping"/>.</summary>
internal sealed record Pong : INoSerializationVerificationNeeded
{
    public static Pong Instance { get; } = new();
}
