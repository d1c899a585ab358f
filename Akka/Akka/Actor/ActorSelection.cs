using Akka.Util;

namespace Akka.Actor;

/// <summary>Names one or more actors by a path, which may have wildcards; each message looks them up anew.</summary>
public class ActorSelection : ICanTell
{
    public ActorSelection()
    {
        Anchor = null!;
        Path = [];
    }

    public ActorSelection(IActorRef anchor, SelectionPathElement[] path)
    {
        Anchor = anchor;
        Path = path;
    }

    public ActorSelection(IActorRef anchor, string path) : this(anchor, path.Length == 0 ? [] : path.Split('/')) { }

    public ActorSelection(IActorRef anchor, IEnumerable<string> elements)
    {
        Anchor = anchor;
        var path = new List<SelectionPathElement>();
        foreach (var element in elements)
        {
            if (element.Length == 0) continue;
            path.Add(element switch
            {
                "**" => SelectChildRecursive.Instance,
                ".." => SelectParent.Instance,
                _ when element.Contains('?') || element.Contains('*') => new SelectChildPattern(element),
                _ => new SelectChildName(element),
            });
        }
        var recursive = path.IndexOf(SelectChildRecursive.Instance);
        if (recursive >= 0 && recursive != path.Count - 1)
            throw new IllegalActorNameException("Double wildcard is only allowed at the end of a path");
        Path = [.. path];
    }

    public IActorRef Anchor { get; }

    public SelectionPathElement[] Path { get; }

    public string PathString => "/" + string.Join("/", Path.Select(element => element.ToString()));

    public void Tell(object message, IActorRef? sender = null)
    {
        sender ??= ActorCell.GetCurrentSelfOrNoSender();
        DeliverSelection((IInternalActorRef)Anchor, sender, new ActorSelectionMessage(message, Path));
    }

    /// <summary>The one actor that the selection finds; <see cref="ActorNotFoundException"/> when there is none in time.</summary>
    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    public async Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            var identity = await this.Ask<ActorIdentity>(new Identify(null), timeout, ct).ConfigureAwait(false);
            return identity.Subject ?? throw new ActorNotFoundException("subject was null");
        }
        catch (Exception e) when (e is not ActorNotFoundException)
        {
            throw new ActorNotFoundException($"Exception ocurred while resolving ActorSelection {PathString}", e);
        }
    }

    /// <summary>Walks as far as the tree is local; what is remote gets the rest of the selection.</summary>
    internal static void DeliverSelection(IInternalActorRef anchor, IActorRef? sender, ActorSelectionMessage selection)
    {
        if (selection.Elements.Length == 0)
        {
            anchor.Tell(selection.Message, sender!);
            return;
        }
        var current = anchor;
        var elements = selection.Elements;
        for (var i = 0; i < elements.Length; i++)
        {
            var last = i == elements.Length - 1;
            if (current is not ActorRefWithCell withCell)
            {
                // a container, a remote system or an actor that is not there: it knows what to do with the rest
                if (current is VirtualPathContainer container && elements[i] is SelectChildName inside)
                {
                    var below = (IInternalActorRef)container.GetChild([inside.Name]);
                    if (below is Nobody)
                    {
                        NotFound(container, elements[i..], sender, selection);
                        return;
                    }
                    current = below;
                    if (last) current.Tell(selection.Message, sender!);
                    continue;
                }
                if (current is VirtualPathContainer)
                {
                    NotFound(current, elements[i..], sender, selection);
                    return;
                }
                current.Tell(selection.Copy(elements: elements[i..]), sender!);
                return;
            }

            switch (elements[i])
            {
                case SelectParent:
                    current = current.Parent;
                    if (last) current.Tell(selection.Message, sender!);
                    break;
                case SelectChildName child:
                    var found = withCell.GetSingleChild(child.Name);
                    if (found is Nobody)
                    {
                        NotFound(current, elements[i..], sender, selection);
                        return;
                    }
                    current = found;
                    if (last) current.Tell(selection.Message, sender!);
                    break;
                case SelectChildRecursive:
                    Recurse(withCell, sender, selection);
                    return;
                case SelectChildPattern pattern:
                    FanOut(withCell, pattern, elements, i, sender, selection);
                    return;
            }
        }
    }

    private static void NotFound(IInternalActorRef near, SelectionPathElement[] rest, IActorRef? sender, ActorSelectionMessage selection)
    {
        // with a wildcard, nobody answers for what is not there: others may
        if (selection.WildCardFanOut) return;
        var missing = new EmptyLocalActorRef(
            near.Provider, near.Path / rest.Select(element => element.ToString()!), near.Provider.Guardian.System.EventStream);
        missing.Tell(selection, sender!);
    }

    private static void Recurse(ActorRefWithCell actor, IActorRef? sender, ActorSelectionMessage selection)
    {
        foreach (var child in actor.Children)
        {
            child.Tell(selection.Message, sender!);
            if (child is ActorRefWithCell below) Recurse(below, sender, selection);
        }
    }

    private static void FanOut(
        ActorRefWithCell actor, SelectChildPattern pattern, SelectionPathElement[] elements, int index, IActorRef? sender, ActorSelectionMessage selection)
    {
        var matching = actor.Children.Where(child => child.Path.Name.Like(pattern.PatternStr, caseSensitive: true)).ToArray();
        if (index == elements.Length - 1)
        {
            if (matching.Length == 0 && !selection.WildCardFanOut) NotFound(actor, elements[index..], sender, selection);
            foreach (var child in matching) child.Tell(selection.Message, sender!);
            return;
        }
        if (matching.Length == 0 && !selection.WildCardFanOut)
        {
            NotFound(actor, elements[index..], sender, selection);
            return;
        }
        var rest = selection.Copy(elements: elements[(index + 1)..], wildCardFanOut: selection.WildCardFanOut || matching.Length > 1);
        foreach (var child in matching) DeliverSelection((IInternalActorRef)child, sender, rest);
    }

    public override bool Equals(object? obj) =>
        obj is ActorSelection other && Equals(Anchor, other.Anchor) && Path.AsSpan().SequenceEqual(other.Path);

    public override int GetHashCode() => HashCode.Combine(Anchor, PathString);

    public override string ToString()
    {
        var text = $"ActorSelection[Anchor({Anchor.Path}";
        if (Anchor.Path.Uid != ActorCell.UndefinedUid) text += $"#{Anchor.Path.Uid}";
        return text + $"), Path({PathString})]";
    }
}

/// <summary>A message on its way through a selection.</summary>
public class ActorSelectionMessage : IAutoReceivedMessage, IPossiblyHarmful, IWrappedMessage
{
    public ActorSelectionMessage(object message, SelectionPathElement[] elements, bool wildCardFanOut = false)
    {
        Message = message;
        Elements = elements;
        WildCardFanOut = wildCardFanOut;
    }

    public object Message { get; }

    public SelectionPathElement[] Elements { get; }

    /// <summary>Several actors may get it, so that nobody reports a missing one.</summary>
    public bool WildCardFanOut { get; }

    public ActorSelectionMessage Copy(object? message = null, SelectionPathElement[]? elements = null, bool? wildCardFanOut = null) =>
        new(message ?? Message, elements ?? Elements, wildCardFanOut ?? WildCardFanOut);

    public override string ToString() =>
        $"ActorSelectionMessage - Message: {Message} - WildCartFanOut: {WildCardFanOut} - Elements: {string.Join("/", Elements.Select(element => element.ToString()))}";
}

/// <summary>One step of a selection.</summary>
public abstract class SelectionPathElement
{
    protected SelectionPathElement() { }
}

/// <summary>To the child of that name.</summary>
public class SelectChildName : SelectionPathElement
{
    public SelectChildName(string name) => Name = name;

    public string Name { get; }

    public override bool Equals(object? obj) => obj is SelectChildName other && Name == other.Name;

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}

/// <summary>To the children whose names match: * for any characters, ? for one.</summary>
public class SelectChildPattern : SelectionPathElement
{
    public SelectChildPattern(string patternStr) => PatternStr = patternStr;

    public string PatternStr { get; }

    public override bool Equals(object? obj) => obj is SelectChildPattern other && PatternStr == other.PatternStr;

    public override int GetHashCode() => PatternStr.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => PatternStr;
}

/// <summary>To all descendants.</summary>
public class SelectChildRecursive : SelectionPathElement
{
    public static readonly SelectChildRecursive Instance = new();

    public SelectChildRecursive() { }

    public override bool Equals(object? obj) => obj is SelectChildRecursive;

    public override int GetHashCode() => "**".GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "**";
}

/// <summary>To the parent.</summary>
public class SelectParent : SelectionPathElement
{
    public static readonly SelectParent Instance = new();

    public SelectParent() { }

    public override bool Equals(object? obj) => obj is SelectParent;

    public override int GetHashCode() => "..".GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "..";
}
