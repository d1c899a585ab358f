using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Util;
using Akka.Util.Internal;

namespace Akka.TestKit.Internal;

/// <summary>A local reference whose cell lets the test see the actor.</summary>
public sealed class InternalTestActorRef : LocalActorRef
{
    private static readonly AtomicCounterLong Names = new();

    private InternalTestActorRef(
        ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path)
        : base(system, props, dispatcher, mailboxType, supervisor, path)
    {
    }

    /// <summary>The actor; waits until it has been made.</summary>
    public ActorBase UnderlyingActor
    {
        get
        {
            SpinWait.SpinUntil(() => Cell.Actor is not null || Cell.IsTerminated, TimeSpan.FromSeconds(5));
            return Cell.Actor
                ?? throw new IllegalActorStateException(Cell.IsTerminated ? "Underlying actor is terminated" : "Underlying actor has not been started");
        }
    }

    public static InternalTestActorRef Create(ActorSystem system, Props props, IActorRef? supervisor, string? name)
    {
        var impl = (ActorSystemImpl)system;
        if (props.Deploy.Dispatcher == Deploy.NoDispatcherGiven) props = props.WithDispatcher(CallingThreadDispatcher.Id);
        var dispatcher = system.Dispatchers.Lookup(props.Dispatcher);
        var mailboxType = system.Mailboxes.GetMailboxType(props, dispatcher.Configurator.Config);
        var parent = (IInternalActorRef)(supervisor ?? impl.Guardian);
        name ??= Names.GetAndIncrement().Base64Encode("$$");
        var path = new ChildActorPath(parent.Path, name, 1 + ThreadLocalRandom.Current.NextInt64(int.MaxValue));
        var actor = new InternalTestActorRef(impl, props, dispatcher, mailboxType, parent, path);

        // the parent has to know its child, so that it supervises and stops it
        if (parent is LocalActorRef local)
        {
            local.Cell.ReserveChild(name);
            local.Cell.InitChild(actor);
        }

        actor.Start();
        return actor;
    }

    /// <summary>Has the actor handle a message on this thread.</summary>
    public void Receive(object message, IActorRef? sender) => Cell.ReceiveMessageForTest(new Envelope(message, sender ?? Cell.System.DeadLetters, Cell.System));
}
