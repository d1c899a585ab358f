using System.Collections.Concurrent;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A path without an actor, with references below it (for example the temporary ones of Ask).</summary>
internal sealed class VirtualPathContainer : MinimalActorRef
{
    private readonly IInternalActorRef _parent;
    private readonly ILoggingAdapter? _log;
    private readonly ConcurrentDictionary<string, IInternalActorRef> _children = new(StringComparer.Ordinal);

    public VirtualPathContainer(IActorRefProvider provider, ActorPath path, IInternalActorRef parent, ILoggingAdapter? log)
    {
        Provider = provider;
        Path = path;
        _parent = parent;
        _log = log;
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    public override IInternalActorRef Parent => _parent;

    public bool HasChildren => !_children.IsEmpty;

    public int ChildCount => _children.Count;

    public void AddChild(string name, IInternalActorRef actor)
    {
        if (_children.TryGetValue(name, out var old) && !ReferenceEquals(old, actor))
            _log?.Warning("{0} replacing child {1} ({2} -> {3})", Path, name, old, actor);
        _children[name] = actor;
    }

    public void RemoveChild(string name) => _children.TryRemove(name, out _);

    public void RemoveChild(string name, IActorRef child) =>
        _children.TryRemove(new KeyValuePair<string, IInternalActorRef>(name, (IInternalActorRef)child));

    public bool TryGetChild(string name, out IInternalActorRef child) => _children.TryGetValue(name, out child!);

    public void ForEachChild(Action<IInternalActorRef> action)
    {
        foreach (var child in _children.Values) action(child);
    }

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        for (var i = 0; i < name.Count; i++)
        {
            if (name[i].Length == 0) continue;
            if (name[i] == "..") return _parent.GetChild(name.Skip(i + 1).ToArray());
            if (!_children.TryGetValue(name[i], out var child)) return ActorRefs.Nobody;
            return i + 1 == name.Count ? child : child.GetChild(name.Skip(i + 1).ToArray());
        }
        return this;
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        // selections walk through the container as they walk through actors
        if (message is ActorSelectionMessage selection) ActorSelection.DeliverSelection(this, sender, selection);
    }
}
