namespace Akka.Actor;

/// <summary>A message and its sender, as it lies in a mailbox.</summary>
public readonly struct Envelope
{
    public Envelope(object message, IActorRef? sender, ActorSystem system)
    {
        Message = message;
        Sender = sender ?? system.DeadLetters;
    }

    public Envelope(object message, IActorRef? sender)
    {
        Message = message;
        Sender = sender!;
    }

    public IActorRef Sender { get; }

    public object Message { get; }

    public override string ToString() => "<" + (Message ?? "null") + "> from " + (Sender?.ToString() ?? "NoSender");
}
