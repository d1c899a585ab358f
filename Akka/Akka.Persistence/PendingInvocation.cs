namespace Akka.Persistence;

/// <summary>A handler that waits for the journal.</summary>
internal abstract class PendingInvocation(bool stashing) : IPendingHandlerInvocation
{
    /// <summary>Whether commands wait for it.</summary>
    public bool IsStashing => stashing;

    public abstract object Event { get; }

    public Action<object> Handler => Run;

    public abstract void Run(object payload);
}

/// <summary>As above, with the handler as it was given: one object for each event.</summary>
internal sealed class PendingInvocation<TEvent>(object @event, Action<TEvent> handler, bool stashing) : PendingInvocation(stashing)
{
    public override object Event => @event;

    public override void Run(object payload) => handler((TEvent)payload);
}
