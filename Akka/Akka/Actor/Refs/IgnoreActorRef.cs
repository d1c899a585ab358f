namespace Akka.Actor;

/// <summary>Swallows everything; serializes to a path that every system resolves to its own.</summary>
internal sealed class IgnoreActorRef : MinimalActorRef
{
    private static readonly ActorPath IgnorePath = new RootActorPath(new Address("akka", "all-systems")) / "ignore";

    public IgnoreActorRef(IActorRefProvider provider) => Provider = provider;

    public override ActorPath Path => IgnorePath;

    public override IActorRefProvider Provider { get; }

    public static bool IsIgnoreRefPath(string path) => string.Equals(path, IgnorePath.ToString(), StringComparison.Ordinal);

    public static bool IsIgnoreRefPath(ActorPath path) => path.Depth == 1 && path.Equals(IgnorePath);
}
