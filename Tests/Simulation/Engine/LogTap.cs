using Akka.Actor;
using Akka.Event;

namespace Akka.Simulation;

/// <summary>Hears of everything that is logged in the moment in which it is, without a mailbox: listening changes nothing.</summary>
internal sealed class LogTap(ActorSystem system, Action<LogEvent> log) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "simulation-log";

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    public static void Attach(ActorSystem system, Action<LogEvent> log) => system.EventStream.Subscribe(new LogTap(system, log), typeof(LogEvent));

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is LogEvent logged)
            log(logged);
    }
}
