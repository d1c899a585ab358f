using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Configs;
using Akka.TestKit.Internal;
using Akka.Util;
using Akka.Util.Internal;

namespace Akka.TestKit;

/// <summary>
/// Base of tests with actors: an actor system, an actor whose messages the test looks at, and the expectations about them.
/// Unless the test is marked with <see cref="INoImplicitSender"/>, that actor is the sender of what the test tells.
/// </summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private static readonly AtomicCounter TestActorId = new();

    private readonly ITestKitAssertions _assertions;
    private readonly TestMessageQueue _queue = new();
    private ActorSystem _system = null!;
    private IActorRef _testActor = null!;
    private ActorCell? _implicitSender;
    private MessageEnvelope _lastMessage = NullMessageEnvelope.Instance;
    private bool _lastWasNoMessage;
    private TimeSpan? _end;

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem? system = null, string? testActorName = null)
        : this(assertions, system, ActorSystemSetup.Empty, null, testActorName)
    {
    }

    protected TestKitBase(ITestKitAssertions assertions, ActorSystemSetup setup, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, null, setup, actorSystemName, testActorName)
    {
    }

    protected TestKitBase(ITestKitAssertions assertions, Config config, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, null, ActorSystemSetup.Empty.And(BootstrapSetup.Create().WithConfig(config)), actorSystemName, testActorName)
    {
    }

    protected TestKitBase(
        ITestKitAssertions assertions, ActorSystem? system, ActorSystemSetup config, string? actorSystemName, string? testActorName)
    {
        _assertions = assertions ?? throw new ArgumentNullException(nameof(assertions), "The supplied assertions must not be null.");
        InitializeTest(system!, config, actorSystemName!, testActorName!);
    }

    public static Config DefaultConfig => TestConfigs.DefaultConfig;

    /// <summary>Everything that the engine can say about itself.</summary>
    public static Config FullDebugConfig { get; } = ConfigurationFactory.ParseString(
        """
        akka.log-dead-letters-during-shutdown = true
        akka.actor.debug.autoreceive = true
        akka.actor.debug.lifecycle = true
        akka.actor.debug.event-stream = true
        akka.actor.debug.unhandled = true
        akka.log-dead-letters = true
        akka.loglevel = DEBUG
        akka.stdout-loglevel = DEBUG
        """);

    public static TimeSpan Now => DateTimeOffsetNowTimeProvider.Instance.MonotonicClock;

    public ActorSystem Sys => _system;

    public TestKitSettings TestKitSettings { get; private set; } = null!;

    public IActorRef LastSender => _lastMessage.Sender;

    public object LastMessage => _lastMessage.Message;

    public ILoggingAdapter Log { get; private set; } = NoLogger.Instance;

    public IActorRef TestActor => _testActor;

    /// <summary>Waits for, or silences, log events.</summary>
    public EventFilterFactory EventFilter { get; private set; } = null!;

    public bool HasMessages => _queue.Count > 0;

    /// <summary>What remains of the enclosing <c>Within</c>, or the default time of a single expectation.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    /// <summary>What remains of the enclosing <c>Within</c>; throws outside of one.</summary>
    public TimeSpan Remaining => _end is { } end
        ? NotNegative(end - Now)
        : throw new InvalidOperationException(@"Remaining may not be called outside of ""within""");

    internal ITestKitAssertions Assertions => _assertions;

    protected virtual void InitializeTest(ActorSystem system, ActorSystemSetup config, string actorSystemName, string testActorName)
    {
        _system = system ?? ActorSystem.Create(actorSystemName ?? "test", WithDefaults(config));
        TestKitSettings = TestKitExtension.For(_system);
        _system.RegisterExtension(new TestKitAssertionsExtension(_assertions));
        Log = Logging.GetLogger(_system, GetType());
        EventFilter = new EventFilterFactory(this);
        if (string.IsNullOrEmpty(testActorName)) testActorName = $"testActor{TestActorId.IncrementAndGet()}";
        _testActor = CreateTestActor(_system, testActorName, _queue);
        if (this is INoImplicitSender) return;
        _implicitSender = (ActorCell)((ActorRefWithCell)_testActor).Underlying;
        InternalCurrentActorCellKeeper.Current = _implicitSender;
        SynchronizationContext.SetSynchronizationContext(new ActorCellKeepingSynchronizationContext(_implicitSender));
    }

    protected void InitializeTest(ActorSystem system, Config config, string actorSystemName, string testActorName) =>
        InitializeTest(system, ActorSystemSetup.Empty.And(BootstrapSetup.Create().WithConfig(config)), actorSystemName, testActorName);

    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) =>
        _testActor.Tell(new TestActor.SetIgnore(message => shouldIgnoreMessage(message)), _testActor);

    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) =>
        _testActor.Tell(new TestActor.SetIgnore(message => message is TMsg typed && shouldIgnoreMessage(typed)), _testActor);

    public void IgnoreMessages<TMsg>() => IgnoreMessages<TMsg>(static _ => true);

    public void IgnoreNoMessages() => _testActor.Tell(new TestActor.SetIgnore(null), _testActor);

    /// <summary>Has the test actor watch an actor. Has taken effect when this returns.</summary>
    public IActorRef Watch(IActorRef actorToWatch)
    {
        _testActor.Tell(new TestActor.Watch(actorToWatch), _testActor);
        return actorToWatch;
    }

    public Task<IActorRef> WatchAsync(IActorRef actorToWatch) => Task.FromResult(Watch(actorToWatch));

    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        _testActor.Tell(new TestActor.Unwatch(actorToUnwatch), _testActor);
        return actorToUnwatch;
    }

    public Task<IActorRef> UnwatchAsync(IActorRef actorToUnwatch) => Task.FromResult(Unwatch(actorToUnwatch));

    public void SetAutoPilot(AutoPilot pilot) => _testActor.Tell(new TestActor.SetAutoPilot(pilot), _testActor);

    /// <summary>The time given, or what remains, or the default; stretched by <c>akka.test.timefactor</c>.</summary>
    public TimeSpan RemainingOrDilated(TimeSpan? duration)
    {
        if (duration is not { } given) return RemainingOrDefault;
        if (given == Timeout.InfiniteTimeSpan) return given;
        if (given < TimeSpan.Zero) throw new ArgumentException("Must be positive TimeSpan", nameof(duration));
        return Dilated(given);
    }

    public TimeSpan Dilated(TimeSpan duration) =>
        duration == Timeout.InfiniteTimeSpan || duration == TimeSpan.MaxValue ? duration : duration * TestKitSettings.TestTimeFactor;

    public TimeSpan GetTimeoutOrDefault(TimeSpan? timeout) => timeout is { } given ? Dilated(given) : Dilated(TestKitSettings.DefaultTimeout);

    /// <summary>Stops the actor system of the test.</summary>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) => Shutdown(_system, duration, verifySystemShutdown);

    /// <summary>Stops an actor system; with <paramref name="verifySystemShutdown"/> it is an error when that takes too long.</summary>
    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        if (ReferenceEquals(system, _system) && ReferenceEquals(InternalCurrentActorCellKeeper.Current, _implicitSender))
        {
            InternalCurrentActorCellKeeper.Current = null;
            if (SynchronizationContext.Current is ActorCellKeepingSynchronizationContext) SynchronizationContext.SetSynchronizationContext(null);
        }

        var limit = duration is { } given ? Dilated(given) : TimeSpan.FromTicks(Math.Min(Dilated(TimeSpan.FromSeconds(5)).Ticks, TimeSpan.TicksPerSecond * 10));
        if (system.Terminate().Wait(limit)) return;
        var message = $"Failed to stop [{system.Name}] within [{limit}]\n{((ExtendedActorSystem)system).PrintTree()}";
        if (verifySystemShutdown) throw new TimeoutException(message);
        system.Log.Warning(message);
    }

    public IActorRef ChildActorOf(Props props, string name, SupervisorStrategy supervisorStrategy, CancellationToken cancellationToken = default) =>
        Done(Spawn(new TestActor.Spawn(props, Option<string>.Create(name), Option<SupervisorStrategy>.Create(supervisorStrategy)), async: false, cancellationToken));

    public Task<IActorRef> ChildActorOfAsync(Props props, string name, SupervisorStrategy supervisorStrategy, CancellationToken cancellationToken = default) =>
        Spawn(new TestActor.Spawn(props, Option<string>.Create(name), Option<SupervisorStrategy>.Create(supervisorStrategy)), async: true, cancellationToken);

    public IActorRef ChildActorOf(Props props, SupervisorStrategy supervisorStrategy, CancellationToken cancellationToken = default) =>
        ChildActorOf(props, null!, supervisorStrategy, cancellationToken);

    public Task<IActorRef> ChildActorOfAsync(Props props, SupervisorStrategy supervisorStrategy, CancellationToken cancellationToken = default) =>
        ChildActorOfAsync(props, null!, supervisorStrategy, cancellationToken);

    public IActorRef ChildActorOf(Props props, string name, CancellationToken cancellationToken = default) =>
        ChildActorOf(props, name, null!, cancellationToken);

    public Task<IActorRef> ChildActorOfAsync(Props props, string name, CancellationToken cancellationToken = default) =>
        ChildActorOfAsync(props, name, null!, cancellationToken);

    public IActorRef ChildActorOf(Props props, CancellationToken cancellationToken = default) => ChildActorOf(props, null!, null!, cancellationToken);

    public Task<IActorRef> ChildActorOfAsync(Props props, CancellationToken cancellationToken = default) =>
        ChildActorOfAsync(props, null!, null!, cancellationToken);

    /// <summary>A further test actor, whose messages nobody looks at.</summary>
    public IActorRef CreateTestActor(string name) => CreateTestActor(_system, name, new TestMessageQueue());

    public virtual TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);

    public virtual TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, _assertions, name);

    public virtual TestLatch CreateTestLatch(int count = 1) => new(Dilated, TestKitSettings.DefaultTimeout, count);

    public TestBarrier CreateTestBarrier(int count) => new(this, count);

    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? NotNegative(end - Now) : duration;

    private static TimeSpan NotNegative(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;

    /// <summary>The result of a task that was asked to wait on the calling thread.</summary>
    private static T Done<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Done(Task task) => task.GetAwaiter().GetResult();

    private static ActorSystemSetup WithDefaults(ActorSystemSetup setup)
    {
        var bootstrap = setup.Get<BootstrapSetup>().GetOrElse(BootstrapSetup.Create());
        return setup.And(bootstrap.WithConfig(bootstrap.Config.GetOrElse(Config.Empty).SafeWithFallback(DefaultConfig)));
    }

    private static IActorRef CreateTestActor(ActorSystem system, string name, TestMessageQueue queue)
    {
        var props = Props.Create(() => new InternalTestActor(queue)).WithDispatcher("akka.test.test-actor.dispatcher").WithDeploy(Deploy.Local);
        return ((ExtendedActorSystem)system).SystemActorOf(props, name);
    }

    private async Task<IActorRef> Spawn(TestActor.Spawn spawn, bool async, CancellationToken cancellationToken)
    {
        _testActor.Tell(spawn, _testActor);
        return await Expect<IActorRef>(RemainingOrDefault, static (_, _) => { }, null, async, cancellationToken).ConfigureAwait(false);
    }
}
