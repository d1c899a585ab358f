using System.Collections.Immutable;
using Akka.Actor.Internal;
using Akka.Util;

namespace Akka.Actor;

public partial class ActorCell
{
    private static readonly ChildrenContainer NoChildren = new();
    private static readonly ImmutableDictionary<string, FunctionRef> NoFunctionRefs = ImmutableDictionary.Create<string, FunctionRef>(StringComparer.Ordinal);

    private ChildrenContainer? _children;
    private ImmutableDictionary<string, FunctionRef>? _functionRefs;
    private long _nextRandomName;

    public IChildrenContainer ChildrenContainer => Children;

    private ChildrenContainer Children => Volatile.Read(ref _children) ?? NoChildren;

    private ChildrenContainer OwnChildren =>
        Volatile.Read(ref _children) ?? Interlocked.CompareExchange(ref _children, new ChildrenContainer(), null) ?? _children;

    protected bool IsNormal => Children.IsNormal;

    protected bool IsTerminating => Children.IsTerminating;

    private bool IsWaitingForChildren => Children.Reason is not (null or SuspendReason.UserRequest);

    public IEnumerable<IInternalActorRef> GetChildren() => Children.Children;

    IEnumerable<IActorRef> IActorContext.GetChildren() => Children.Children;

    /// <summary>For strategies that hardly ever look: a list for each of very many children that end would take for ever.</summary>
    private IEnumerable<IInternalActorRef> ChildrenWhenAskedFor()
    {
        foreach (var child in Children.Children) yield return child;
    }

    IActorRef IActorContext.Child(string name) => GetChildByName(name);

    public IInternalActorRef GetChildByName(string name) =>
        Children.TryGet(name, out var stats) && stats is ChildRestartStats child ? child.Child : ActorRefs.Nobody;

    /// <summary>The child or function reference of that name; the name may carry a uid, which must then match.</summary>
    public IInternalActorRef GetSingleChild(string name)
    {
        var (plain, uid) = ActorPath.SplitUid(name);
        if (Children.TryGet(plain, out var stats))
        {
            if (stats is ChildRestartStats child && (uid == UndefinedUid || uid == child.Uid)) return child.Child;
            return ActorRefs.Nobody;
        }
        return Volatile.Read(ref _functionRefs) is { } functions && functions.TryGetValue(plain, out var function)
            && (uid == UndefinedUid || uid == function.Path.Uid) ? function : ActorRefs.Nobody;
    }

    public virtual IActorRef AttachChild(Props props, bool isSystemService, string? name = null) =>
        MakeChild(props, CheckedName(name), isSystemService);

    public virtual IActorRef ActorOf(Props props, string? name = null) => MakeChild(props, CheckedName(name), systemService: false);

    private string CheckedName(string? name)
    {
        if (name is null) return RandomName();
        if (name.Length == 0) throw new InvalidActorNameException("Actor name must not be empty.");
        if (!ActorPath.IsValidPathElement(name))
            throw new InvalidActorNameException(
                $"Illegal actor name [{name}]. Actor paths MUST: not start with `$`, include only ASCII letters and can only contain these special characters: {ActorPath.ValidSymbols}.");
        return name;
    }

    private string RandomName() => "$" + (Interlocked.Increment(ref _nextRandomName) - 1).Base64Encode();

    private IInternalActorRef MakeChild(Props props, string name, bool systemService)
    {
        ReserveChild(name);
        IInternalActorRef actor;
        try
        {
            var path = new ChildActorPath(_self.Path, name, _systemImpl.NewUid());
            actor = _systemImpl.Provider.ActorOf(
                _systemImpl, props, _self, path, systemService, props.Deploy, lookupDeploy: true, async: false);
        }
        catch
        {
            UnreserveChild(name);
            throw;
        }

        // A suspended parent must not have running children: whoever resumes it resumes them too.
        if (Mailbox is { } mailbox && (IsFailed || _failedFatally))
            for (var i = 0; i < mailbox.SuspendCount; i++) actor.Suspend();
        InitChild(actor);
        actor.Start();
        return actor;
    }

    public void ReserveChild(string name) => OwnChildren.Reserve(name);

    protected void UnreserveChild(string name) => Children.Unreserve(name);

    public ChildRestartStats? InitChild(IInternalActorRef actor) => Children.Init(actor);

    public bool TryGetChildStatsByName(string name, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IChildStats? child) =>
        Children.TryGet(name, out child);

    protected bool TryGetChildStatsByRef(IActorRef actor, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ChildRestartStats? child) =>
        Children.TryGet(actor, out child);

    public void Stop(IActorRef child)
    {
        if (Children.TryGet(child, out _)) OwnChildren.ShallDie(child);
        ((IInternalActorRef)child).Stop();
    }

    protected bool SetChildrenTerminationReason(SuspendReason reason) => Children.SetReason(reason);

    protected void SetTerminated() => OwnChildren.SetTerminated();

    protected SuspendReason? RemoveChildAndGetStateChange(IActorRef child) => Children.Remove(child);

    private void SuspendChildren(IReadOnlyCollection<IActorRef>? except = null)
    {
        if (_children is null) return;
        foreach (var child in Children.Children)
            if (except is null || !except.Contains(child)) child.Suspend();
    }

    private void ResumeChildren(Exception? causedByFailure, IActorRef? perpetrator)
    {
        if (_children is null) return;
        foreach (var child in Children.Children)
            child.Resume(child.Equals(perpetrator) ? causedByFailure : null);
    }

    /// <summary>A reference below this actor that calls a function; it lives as long as the actor unless it is removed.</summary>
    internal FunctionRef AddFunctionRef(Action<IActorRef, object> tell, string suffix = "")
    {
        var name = "$$" + (Interlocked.Increment(ref _nextRandomName) - 1).Base64Encode() + (suffix.Length == 0 ? "" : "-" + suffix);
        var function = new FunctionRef(
            new ChildActorPath(_self.Path, name, _systemImpl.NewUid()), _systemImpl.Provider, _systemImpl.EventStream, tell);
        ImmutableInterlocked.Update(ref _functionRefs, static (known, added) => (known ?? NoFunctionRefs).Add(added.Path.Name, added), function);
        return function;
    }

    internal bool RemoveFunctionRef(FunctionRef functionRef)
    {
        if (!ImmutableInterlocked.Update(ref _functionRefs, static (known, gone) => known?.Remove(gone.Path.Name), functionRef)) return false;
        functionRef.Stop();
        return true;
    }

    protected void StopFunctionRefs()
    {
        if (_functionRefs is null || Interlocked.Exchange(ref _functionRefs, null) is not { } functions) return;
        foreach (var function in functions.Values) function.Stop();
    }
}
