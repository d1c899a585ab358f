using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Mooring.Tests.Engine.ActorSpecs;

/// <summary>A system for each test, quiet, and what tests of the core need to look at it.</summary>
public abstract class ActorSpec : IDisposable
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private protected ActorSpec(string hocon = "")
    {
        Sys = ActorSystem.Create(
            "spec", ConfigurationFactory.ParseString(hocon).WithFallback("akka.loglevel = OFF\nakka.stdout-loglevel = OFF\nakka.log-dead-letters = off"));
    }

    private protected ActorSystem Sys { get; }

    private protected Probe NewProbe(string? name = null) => new(Sys, name);

    /// <summary>An actor from functions; what it tells its log comes out in order.</summary>
    private protected IActorRef Start(Action<Acting> configure, string? name = null, SupervisorStrategy? strategy = null) =>
        Sys.ActorOf(Acting.Props(configure, strategy), name);

    public void Dispose()
    {
        Assert.True(Sys.Terminate().Wait(Limit), "the system did not terminate");
        GC.SuppressFinalize(this);
    }
}

/// <summary>An actor whose behaviour and hooks are given as functions.</summary>
internal sealed class Acting : ReceiveActor, IWithUnboundedStash, IWithTimers
{
    private readonly SupervisorStrategy? _strategy;

    private Acting(SupervisorStrategy? strategy) => _strategy = strategy;

    public static Props Props(Action<Acting> configure, SupervisorStrategy? strategy = null) =>
        Akka.Actor.Props.CreateBy(new Producer(configure, strategy));

    public IStash Stash { get; set; } = null!;

    public ITimerScheduler Timers { get; set; } = null!;

    public Action? OnPreStart { get; set; }

    public Action? OnPostStop { get; set; }

    public Action<Exception, object>? OnPreRestart { get; set; }

    public Action<Exception>? OnPostRestart { get; set; }

    public new IUntypedActorContext Context => UntypedActor.Context;

    public new IActorRef Self => base.Self;

    public new IActorRef Sender => base.Sender;

    public void On<T>(Action<T> handler, Predicate<T>? when = null) => Receive(handler, when);

    public void OnAsync<T>(Func<T, Task> handler) => ReceiveAsync(handler);

    public void OnAny(Action<object> handler) => ReceiveAny(handler);

    public new void Become(Action configure) => base.Become(configure);

    public new void BecomeStacked(Action configure) => base.BecomeStacked(configure);

    public new void UnbecomeStacked() => base.UnbecomeStacked();

    public new void SetReceiveTimeout(TimeSpan? timeout) => base.SetReceiveTimeout(timeout);

    public void NotHandled(object message) => Unhandled(message);

    protected override SupervisorStrategy SupervisorStrategy() => _strategy ?? base.SupervisorStrategy();

    protected override void PreStart() => OnPreStart?.Invoke();

    protected override void PostStop() => OnPostStop?.Invoke();

    protected override void PreRestart(Exception reason, object message)
    {
        if (OnPreRestart is null) base.PreRestart(reason, message);
        else OnPreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        if (OnPostRestart is null) base.PostRestart(reason);
        else OnPostRestart(reason);
    }

    private sealed class Producer(Action<Acting> configure, SupervisorStrategy? strategy) : IIndirectActorProducer
    {
        public Type ActorType => typeof(Acting);

        public ActorBase Produce()
        {
            var actor = new Acting(strategy);
            configure(actor);
            return actor;
        }

        public void Release(ActorBase actor) { }
    }
}

/// <summary>An actor that keeps what it gets, for the test's thread to look at.</summary>
internal sealed class Probe
{
    private readonly BlockingCollection<(object Message, IActorRef Sender)> _received = [];

    public Probe(ActorSystem system, string? name)
    {
        var received = _received;
        System = system;
        Ref = system.ActorOf(Props.CreateBy(new Producer(received)), name);
    }

    public ActorSystem System { get; }

    public IActorRef Ref { get; }

    public IActorRef LastSender { get; private set; } = ActorRefs.Nobody;

    public static implicit operator ActorRefBase(Probe probe) => (ActorRefBase)probe.Ref;

    public object Receive()
    {
        if (!_received.TryTake(out var next, ActorSpec.Limit)) throw new Xunit.Sdk.XunitException("nothing came within the limit");
        LastSender = next.Sender;
        return next.Message;
    }

    public T Expect<T>() => Assert.IsAssignableFrom<T>(Receive());

    public void Expect(params object[] messages)
    {
        foreach (var message in messages) Assert.Equal(message, Receive());
    }

    /// <summary>Whatever was sent before this has been received: asks the probe itself, through the same mailbox.</summary>
    public void ExpectNothingMore()
    {
        Ref.Tell(EndMark.Instance, ActorRefs.NoSender);
        Assert.Same(EndMark.Instance, Receive());
    }

    public void Watch(IActorRef actor)
    {
        var watch = new WatchThis(actor, new TaskCompletionSource());
        Ref.Tell(watch, ActorRefs.NoSender);
        Assert.True(watch.Begun.Task.Wait(ActorSpec.Limit));
    }

    public Terminated ExpectTerminated(IActorRef actor)
    {
        var terminated = Expect<Terminated>();
        Assert.Equal(actor, terminated.ActorRef);
        return terminated;
    }

    public void Send(IActorRef to, object message) => to.Tell(message, Ref);

    private sealed record WatchThis(IActorRef Actor, TaskCompletionSource Begun);

    private sealed class EndMark
    {
        public static readonly EndMark Instance = new();
    }

    private sealed class Producer(BlockingCollection<(object, IActorRef)> received) : IIndirectActorProducer
    {
        public Type ActorType => typeof(Keeper);

        public ActorBase Produce() => new Keeper(received);

        public void Release(ActorBase actor) { }
    }

    private sealed class Keeper(BlockingCollection<(object, IActorRef)> received) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is WatchThis watch)
            {
                Context.Watch(watch.Actor);
                watch.Begun.SetResult();
                return;
            }
            received.Add((message, Sender));
        }
    }
}
