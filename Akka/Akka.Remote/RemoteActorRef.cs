using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.Remote;

/// <summary>A reference to an actor of another system. What is told goes to the association with that system.</summary>
internal sealed class RemoteActorRef : InternalActorRefBase, IRemoteRef
{
    private readonly Remoting _remoting;
    private readonly RemoteActorRefProvider _provider;
    private Numbering? _numbering;
    private string? _wirePath;
    private Association? _association;

    public RemoteActorRef(Remoting remoting, RemoteActorRefProvider provider, ActorPath path)
    {
        _remoting = remoting;
        _provider = provider;
        Path = path;
    }

    public override ActorPath Path { get; }

    public override IInternalActorRef Parent => Path.Depth == 0 ? ActorRefs.Nobody : new RemoteActorRef(_remoting, _provider, Path.Parent);

    public override IActorRefProvider Provider => _provider;

    public override bool IsLocal => false;

    public override bool IsTerminated => false;

    /// <summary>The path as it goes over the wire.</summary>
    public string WirePath => _wirePath ??= MessageEncoder.PathWithoutAddress(Path);

    /// <summary>The encoder of the connection that knows the path by <see cref="Number"/>.</summary>
    public MessageEncoder? NumberedBy => Volatile.Read(ref _numbering)?.Encoder;

    public int Number => Volatile.Read(ref _numbering)?.Number ?? 0;

    public void SetNumber(MessageEncoder encoder, int number) => Volatile.Write(ref _numbering, new Numbering(encoder, number));

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        var path = Path;
        foreach (var element in name)
        {
            if (element == "..")
                path = path.Parent;
            else if (element.Length > 0)
                path /= element;
        }

        return new RemoteActorRef(_remoting, _provider, path);
    }

    public override void Start()
    {
        // it runs, or not, at its own system
    }

    public override void Stop() => SendSystemMessage(new Terminate());

    public override void Suspend() => SendSystemMessage(new Suspend());

    public override void Resume(Exception? causedByFailure = null) => SendSystemMessage(new Resume(causedByFailure));

    public override void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch when _provider.IsWatchIntercepted(watch.Watchee, watch.Watcher):
                _provider.RemoteWatcher.Tell(new RemoteWatcher.WatchRemote(watch.Watchee, watch.Watcher), ActorRefs.NoSender);
                break;
            case Unwatch unwatch when _provider.IsWatchIntercepted(unwatch.Watchee, unwatch.Watcher):
                _provider.RemoteWatcher.Tell(new RemoteWatcher.UnwatchRemote(unwatch.Watchee, unwatch.Watcher), ActorRefs.NoSender);
                break;
            default:
                Association().Send(new OutboundMessage(message, null, this));
                break;
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null)
            throw new InvalidMessageException("Message is null.");
        Association().Send(new OutboundMessage(message, sender.IsNobody() || ReferenceEquals(sender, _provider.DeadLetters) ? null : sender, this));
    }

    private Association Association()
    {
        var known = _association;
        return known is { IsForgotten: false } ? known : _association = _remoting.AssociationWith(Path.Address);
    }

    private sealed record Numbering(MessageEncoder Encoder, int Number);
}
