using Akka.Actor;
using Akka.Event;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>
/// One area on this node. It brings what the node does for the area to what the name node has assigned, tests itself at a period (F9), and
/// reports. One step at a time; every outcome is a message.
/// </summary>
internal sealed class AreaActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    private readonly AreaId _id;
    private readonly MooringServices _services;
    private readonly FileSettings _settings;
    private readonly DataNodeContext _node;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Guid _owner;
    private AssignArea _assigned;
    private AreaSession? _session;
    private Task<Stepped>? _step;
    private bool _testing;
    private bool _broken;
    private string? _problem;
    private TimeSpan _reportedAt;
    private TimeSpan _retryAt;
    private TimeSpan _sweptAt;
    private (Epoch Epoch, AreaRole Role, bool Ready, FenceAddress? Connection, string? Problem, int Lagging)? _reported;

    public AreaActor(AreaId id, AssignArea assigned, MooringServices services, DataNodeContext node)
    {
        (_id, _assigned, _services, _settings, _node) = (id, assigned, services, services.Settings.Files, node);
        _owner = new Guid(services.Entropy.Bytes(16));
        Receive<AssignArea>(OnAssign);
        Receive<CheckArea>(_ => OnCheck());
        Receive<Tick>(_ => OnTick());
        Receive<Stepped>(OnStepped);
        Receive<Tested>(OnTested);
        Receive<ServingFailed>(OnServingFailed);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    // What is open for an earlier file system of that name counts for nothing.
    private AreaSession? Current => _session is { } session && session.BaseEpoch == _assigned.BaseEpoch ? session : null;

    private bool Ready => Current is { } session && !_broken && session.Role == _assigned.Role && (session.Right is null || session.Right.Epoch == _assigned.Epoch);

    public static Props Props(AreaId id, AssignArea assigned, MooringServices services, DataNodeContext node) =>
        Akka.Actor.Props.Create(() => new AreaActor(id, assigned, services, node));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, _settings.SelfTestInterval);
        Reconcile();
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _node.Areas.Set(_id, null);
        _ = Ending.CloseAsync(_session, _step, stepped => stepped.Session);
    }

    private void OnAssign(AssignArea assign)
    {
        if ((assign.BaseEpoch.Value, assign.Epoch.Value).CompareTo((_assigned.BaseEpoch.Value, _assigned.Epoch.Value)) < 0)
            return;
        _assigned = assign;
        Reconcile();
        Report(always: false);
    }

    private void OnCheck()
    {
        if (_session is null)
            Sender.Tell(Describe());
        else
            TestAsync(_session, Sender).PipeTo(Self);
    }

    private void OnTick()
    {
        Reconcile();
        Sweep();
        if (!_testing && _step is null && _session is { } session)
        {
            _testing = true;
            TestAsync(session, null).PipeTo(Self);
        }
        Report(always: false);
    }

    // Streams that nobody has gone on with for long.
    private void Sweep()
    {
        if (!Ready || _session?.Served.Writer is not { } writer || Now - _sweptAt < SweepInterval)
            return;
        _sweptAt = Now;
        var before = _services.Clock.GetUtcNow() - AbandonedAfter;
        var tree = writer.Tree;
        foreach (var entry in tree.List(FilePath.Root, VolumeId.ReservedPrefix, FileOperation.ListMax))
        {
            if (!entry.Path.StartsWith(FilePath.Root + VolumeId.ReservedPrefix, StringComparison.Ordinal) || entry.ModifiedAt >= before)
                continue;
            // What a mount still has open it says so of from time to time.
            if (tree.Node(entry.Id).Attributes is not { } attributes || attributes.ChangedAt < before)
                _ = writer.RemoveAsync(entry.Path, recursive: true, _stopped.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    // One step towards what is assigned.
    private void Reconcile()
    {
        if (_step is not null || Now < _retryAt)
            return;
        var mustClose = _session is { } open && (_broken || _assigned.Role == AreaRole.None || open != Current
            || (open.Right is { } right && (_assigned.Role != AreaRole.Writer || right.Epoch != _assigned.Epoch)));
        if (mustClose)
        {
            Step(CloseAsync(_session!));
        }
        else if (_session is null)
        {
            if (_assigned.Role == AreaRole.None)
                End();
            else
                Step(OpenAsync(_assigned));
        }
        else if (_assigned is { Role: AreaRole.Writer, Admitted: true } && _session.Role == AreaRole.Reader)
        {
            Step(BecomeWriterAsync(_session, _assigned));
        }
        else
        {
            _session.Served.Hear(_assigned.Epoch);
            _session.Readers?.Set([.. _assigned.Readers.Where(r => r.Node != _services.Settings.Node)]);
        }
    }

    private void Step(Task<Stepped> step)
    {
        _step = step;
        step.PipeTo(Self);
    }

    private void OnStepped(Stepped stepped)
    {
        _step = null;
        _session = stepped.Session;
        if (stepped.Session is null || stepped.Problem is null)
            _broken = false;
        if (stepped.Problem is { } problem)
        {
            if (problem != _problem)
                _log.Warning("area {0}: {1}", _id, problem);
            _retryAt = Now + _settings.SelfTestInterval;
            // A step that failed half way leaves nothing that is worth keeping.
            _broken = stepped.Session is not null && !stepped.IsWhole;
        }
        else if (stepped.Session is { } session)
        {
            _log.Info("area {0}: {1} at epoch {2} on connection {3}", _id, session.Role, _assigned.Epoch, session.Connection);
        }
        _problem = stepped.Problem;
        _node.Areas.Set(_id, _broken ? null : Current?.Served);
        Reconcile();
        Report(always: false);
    }

    private void OnTested(Tested tested)
    {
        _testing = tested.Asker is null ? false : _testing;
        if (ReferenceEquals(tested.Session, _session))
        {
            _problem = tested.Problem?.Detail;
            if (tested.Problem is { Kind: ErrorKind.Fenced })
                Break(tested.Problem);
        }
        tested.Asker?.Tell(Describe());
        Report(always: false);
    }

    private void OnServingFailed(ServingFailed failed)
    {
        if (ReferenceEquals(failed.Session, _session) && !_broken && _step is null)
            Break(failed.Error);
    }

    // A connection that is fenced or has left something in doubt is never used again.
    private void Break(OperationError error)
    {
        _log.Warning("area {0}: {1}; it is opened anew", _id, error.Detail);
        (_broken, _problem) = (true, error.Detail);
        _node.Areas.Set(_id, null);
        Reconcile();
    }

    private void End()
    {
        Report(always: true);
        Context.Stop(Self);
    }

    private void Report(bool always)
    {
        var report = Describe();
        var gist = (report.Epoch, report.Role, report.Ready, report.Connection, report.Problem, report.LaggingReaders.Count);
        if (!always && gist == _reported && Now - _reportedAt < _settings.ReportInterval)
            return;
        (_reported, _reportedAt) = (gist, Now);
        _node.NameNodes.Tell(report, Self);
    }

    private AreaReport Describe()
    {
        var tree = Ready ? _session!.Served.Tree : null;
        return new AreaReport(
            _id.FileSystem,
            _id,
            _services.Settings.Node,
            _services.Incarnation,
            _assigned.BaseEpoch,
            _assigned.Epoch,
            Current?.Role ?? AreaRole.None,
            Ready,
            _broken ? null : Current?.Connection,
            _problem,
            tree?.FileCount ?? 0,
            tree?.UsedBytes ?? 0,
            Current?.Readers?.Lagging ?? []);
    }

    private async Task<Stepped> OpenAsync(AssignArea assigned)
    {
        AreaSession? session = null;
        var self = Self;
        try
        {
            session = await AreaSession.OpenAsync(
                _services.Store, _settings.AreaSlots, assigned,
                error => self.Tell(new ServingFailed(session, error)), _stopped.Token);
            return new Stepped(session, null);
        }
        catch (Exception e) when (Expected(e) is var error)
        {
            return new Stepped(null, error.Detail);
        }
    }

    private async Task<Stepped> BecomeWriterAsync(AreaSession session, AssignArea assigned)
    {
        var readers = new ReaderGroup(SignPush(assigned.Epoch), _services.ConnectData, _settings, _services.Clock);
        readers.Set([.. assigned.Readers.Where(r => r.Node != _services.Settings.Node)]);
        try
        {
            var another = await session.BecomeWriterAsync(_services.Settings.Node, assigned.Epoch, assigned.Path, _owner, readers, _stopped.Token);
            if (another is not null)
                await readers.DisposeAsync();
            return new Stepped(session, another, IsWhole: true);
        }
        catch (Exception e) when (Expected(e) is var error)
        {
            await readers.DisposeAsync();
            return new Stepped(session, error.Detail);
        }
    }

    private static async Task<Stepped> CloseAsync(AreaSession session)
    {
        try
        {
            await session.DisposeAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It is given up in any case.
        }
        return new Stepped(null, null);
    }

    private async Task<Tested> TestAsync(AreaSession session, IActorRef? asker)
    {
        try
        {
            await session.TestAsync(_settings.SelfTestTimeout, _services.Clock, _stopped.Token);
            return new Tested(session, asker, null);
        }
        catch (Exception e) when (Expected(e) is var error)
        {
            return new Tested(session, asker, error);
        }
    }

    private Func<DataNodeAddress, string> SignPush(Epoch epoch)
    {
        var (id, path, areas, clock) = (_id, _assigned.Path, _node.Areas, _services.Clock);
        // Until its epoch ends. Whenever the link breaks it is opened again with another one.
        return reader => areas.Keys!.Sign(new AccessToken(id, path, AccessRight.Push, reader.Node, reader.Address, epoch, clock.GetUtcNow().AddYears(1)), clock.GetUtcNow());
    }

    private static OperationError Expected(Exception e) => e switch
    {
        BlockStoreException store => store.Error,
        TimeoutException => new OperationError(ErrorKind.TimedOut, "the block store does not answer"),
        OperationCanceledException or ObjectDisposedException => new OperationError(ErrorKind.Unavailable, "it was stopped"),
        IOException io => new OperationError(ErrorKind.Unavailable, io.Message),
        _ => new OperationError(ErrorKind.Internal, $"{e.GetType().Name}: {e.Message}"),
    };

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record Stepped(AreaSession? Session, string? Problem, bool IsWhole = false) : INoSerializationVerificationNeeded;

    private sealed record Tested(AreaSession Session, IActorRef? Asker, OperationError? Problem) : INoSerializationVerificationNeeded;

    private sealed record ServingFailed(AreaSession? Session, OperationError Error) : INoSerializationVerificationNeeded;
}

/// <summary>What the areas of a node share.</summary>
/// <param name="Areas">Where connections find them.</param>
/// <param name="NameNodes">The region of all name nodes.</param>
internal sealed record DataNodeContext(ServedAreas Areas, ICanTell NameNodes);
