using System.Collections.Immutable;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    // The actor that failed last: this one, or the child whose failure was escalated. Set until the supervisor has decided.
    private IActorRef? _perpetrator;
    private bool _failedFatally;

    private bool IsFailed => _perpetrator is not null;

    private void SuspendNonRecursive() => Mailbox.Suspend();

    private void ResumeNonRecursive() => _dispatcher.ResumeMailbox(this);

    /// <summary>Something that this cell ran threw: suspend, and let the parent decide.</summary>
    internal void HandleInvokeFailure(Exception cause, IReadOnlyCollection<IActorRef>? childrenNotToSuspend = null)
    {
        // the first failure stands until it is decided on
        if (IsFailed) return;
        try
        {
            SuspendNonRecursive();
            IReadOnlyCollection<IActorRef>? except;
            if (_currentMessage is Failed failedChild && childrenNotToSuspend is null)
            {
                _perpetrator = failedChild.Child;
                except = ImmutableHashSet.Create(failedChild.Child);
            }
            else
            {
                _perpetrator = _self;
                except = childrenNotToSuspend;
            }
            SuspendChildren(except);
            _parent.SendSystemMessage(new Failed(_self, cause, _self.Path.Uid));
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), (_actor ?? (object)this).GetType(), $"Emergency stop: exception in failure handling for {cause.GetType()} | {cause.StackTrace}"));
            StopChildrenAndTerminate();
        }
    }

    private void StopChildrenAndTerminate()
    {
        try
        {
            foreach (var child in Children.Children) child.Stop();
        }
        finally
        {
            FinishTerminate();
        }
    }

    private void FaultSuspend()
    {
        SuspendNonRecursive();
        SuspendChildren();
    }

    /// <summary>The supervisor decided to go on: with the same instance, or with a new one where there is none.</summary>
    private void FaultResume(Exception? causedByFailure)
    {
        if (_actor is null)
        {
            Publish(new Error(null!, _self.Path.ToString(), GetType(), "changing Resume into Create after " + causedByFailure));
            FaultCreate();
            return;
        }
        if (_failedFatally && causedByFailure is not null)
        {
            Publish(new Error(null!, _self.Path.ToString(), GetType(), "changing Resume into Restart after " + causedByFailure));
            FaultRecreate(causedByFailure);
            return;
        }
        var perpetrator = _perpetrator;
        // done always to keep the suspend counter balanced
        ResumeNonRecursive();
        if (causedByFailure is not null) ClearFailed();
        ResumeChildren(causedByFailure, perpetrator);
    }

    private void ClearFailed()
    {
        _perpetrator = null;
        _failedFatally = false;
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor is null)
        {
            Publish(new Error(null!, _self.Path.ToString(), GetType(), "changing Recreate into Create after " + cause));
            FaultCreate();
            return;
        }
        if (IsNormal)
        {
            var failed = _actor;
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug("restarting");
            try
            {
                // an actor that failed fatally (in a start hook) gets no further calls
                if (!_failedFatally)
                {
                    failed.AroundPreRestart(cause, _currentMessage);
                    UnstashEverything(failed);
                }
            }
            catch (Exception e)
            {
                Publish(new Error(new PreRestartException(_self, e, cause, _currentMessage), _self.Path.ToString(), failed.GetType(), e.Message));
            }
            finally
            {
                ReleaseTimers(failed);
                ClearActor(failed);
            }
            if (!SetChildrenTerminationReason(new SuspendReason.Recreation(cause))) FinishRecreate(cause, failed);
            return;
        }
        // need to keep that suspend counter balanced
        FaultResume(null);
    }

    private void FaultCreate()
    {
        foreach (var child in Children.Children) Stop(child);
        CancelReceiveTimeout();
        if (!SetChildrenTerminationReason(SuspendReason.Creation.Instance)) FinishCreate();
    }

    private void FinishCreate()
    {
        try
        {
            ResumeNonRecursive();
        }
        finally
        {
            ClearFailed();
        }
        try
        {
            Create(null);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
    }

    private void FinishRecreate(Exception cause, ActorBase failed)
    {
        // children that survived pre-restart are restarted with their parent
        var survivors = Children.Children;
        try
        {
            try
            {
                ResumeNonRecursive();
            }
            finally
            {
                // must happen in any case, so that the failure is propagated
                ClearFailed();
            }
            var fresh = NewActor();
            _actor = fresh;
            if (ReferenceEquals(fresh, failed)) SetActorFields(fresh);
            fresh.AroundPostRestart(cause, null!);
            CheckReceiveTimeout();
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug("Restarted (" + fresh + ")");

            foreach (var child in survivors)
            {
                try
                {
                    child.Restart(cause);
                }
                catch (Exception e)
                {
                    Publish(new Error(e, _self.Path.ToString(), fresh.GetType(), "restarting (" + child + ")"));
                }
            }
        }
        catch (Exception e)
        {
            _failedFatally = true;
            ClearActor(_actor);
            HandleInvokeFailure(new PostRestartException(_self, Unwrapped(e), cause), survivors);
        }
    }

    private static Exception Unwrapped(Exception e) =>
        e is global::System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e;

    private void Terminate()
    {
        CancelReceiveTimeout();
        UnwatchWatchedActors(_actor);
        // stop all children, including those that others stop already
        foreach (var child in Children.Children) Stop(child);

        if (_systemImpl.Aborting)
        {
            FinishTerminate();
            return;
        }

        var wasTerminating = IsTerminating;
        if (SetChildrenTerminationReason(SuspendReason.Termination.Instance))
        {
            if (wasTerminating) return;
            // no further user messages; children that fail while stopping are stopped
            SuspendNonRecursive();
            _perpetrator ??= _self;
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug("stopping");
            return;
        }
        SetTerminated();
        FinishTerminate();
    }

    private void FinishTerminate()
    {
        var actor = _actor;
        // The order matters: the mailbox closes last, and only then does the parent learn of the death, so that it may use the name again.
        try
        {
            if (actor is not null && !_actorHasBeenCleared)
            {
                actor.AroundPostStop();
                UnstashEverything(actor);
            }
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), actor!.GetType(), e.Message));
        }
        finally
        {
            Try(() => { if (actor is not null) ReleaseTimers(actor); });
            Try(() => _dispatcher.Detach(this));
            Try(() => _parent.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false)));
            Try(StopFunctionRefs);
            Try(TellWatchersWeDied);
            Try(() => UnwatchWatchedActors(actor));
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug("stopped");
            Try(() => ClearActor(actor));
            ClearActorCell();
            _actor = null;
        }
    }

    private void Try(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            // the remaining steps must run whatever one of them does
            Publish(new Error(e, _self.Path.ToString(), GetType(), "while stopping: " + e.Message));
        }
    }

    private static void UnstashEverything(ActorBase actor) => (actor as IActorStash)?.Stash?.UnstashAll();

    private static void ReleaseTimers(ActorBase actor) => (actor as IWithTimers)?.Timers?.CancelAll();

    private void HandleFailed(Failed f)
    {
        _currentMessage = f;
        _sender = f.Child;
        if (!Children.TryGet(f.Child, out var stats))
        {
            PublishDebug("dropping Failed(" + f.Cause + ") from unknown child " + f.Child);
            return;
        }
        if (stats.Uid != f.Uid)
        {
            PublishDebug("dropping Failed(" + f.Cause + ") from old child " + f.Child + " (uid=" + f.Uid + ")");
            return;
        }
        if (_actor is null || !_actor.SupervisorStrategyInternal.HandleFailure(this, f.Child, f.Cause, stats, Children.Stats))
            throw f.Cause;
    }

    private void HandleChildTerminated(IActorRef child)
    {
        var status = RemoveChildAndGetStateChange(child);
        // if this fails, we do nothing in case of terminating or restarting state, otherwise tell the supervisor
        if (_actor is not null && !_actorHasBeenCleared)
        {
            try
            {
                _actor.SupervisorStrategyInternal.HandleChildTerminated(this, child, ChildrenWhenAskedFor());
            }
            catch (Exception e)
            {
                Publish(new Error(e, _self.Path.ToString(), _actor.GetType(), "HandleChildTerminated failed"));
                HandleInvokeFailure(e);
            }
        }
        switch (status)
        {
            // the user requested it and the actor goes on: nothing to finish
            case SuspendReason.Recreation recreation:
                FinishRecreate(recreation.Cause, _actor!);
                break;
            case SuspendReason.Creation:
                FinishCreate();
                break;
            case SuspendReason.Termination:
                FinishTerminate();
                break;
        }
    }
}
