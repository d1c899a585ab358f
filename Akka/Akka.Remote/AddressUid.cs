using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Util;

namespace Akka.Remote;

/// <summary>The number that tells two incarnations of an actor system at the same address apart.</summary>
public class AddressUid : IExtension
{
    /// <summary>The number of this incarnation.</summary>
    public readonly int Uid;

    /// <summary>A new incarnation.</summary>
    public AddressUid()
        : this(ThreadLocalRandom.Current.Next(1, int.MaxValue))
    {
    }

    internal AddressUid(int uid) => Uid = uid;
}

/// <summary>Finds the <see cref="AddressUid"/> of an actor system.</summary>
public class AddressUidExtension : ExtensionIdProvider<AddressUid>
{
    /// <inheritdoc />
    public override AddressUid CreateExtension(ExtendedActorSystem system) =>
        system is ActorSystemImpl impl ? new AddressUid((int)impl.NewUid()) : new AddressUid();

    /// <summary>The number of this incarnation of the system.</summary>
    public static int Uid(ActorSystem system) => system.WithExtension<AddressUid, AddressUidExtension>().Uid;
}
