namespace Akka.Actor;

/// <summary>A behaviour; false means that the message was not handled.</summary>
public delegate bool Receive(object message);

/// <summary>A behaviour that reports unhandled messages itself.</summary>
public delegate void UntypedReceive(object message);
