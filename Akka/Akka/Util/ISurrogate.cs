using Akka.Actor;

namespace Akka.Util;

/// <summary>What goes over the wire in place of an object that only lives inside an actor system.</summary>
public interface ISurrogate
{
    ISurrogated FromSurrogate(ActorSystem system);
}

/// <summary>An object that has a wire form of its own, for example an actor reference.</summary>
public interface ISurrogated
{
    ISurrogate ToSurrogate(ActorSystem system);
}
