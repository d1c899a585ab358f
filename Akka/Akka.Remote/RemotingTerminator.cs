using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote;

/// <summary>Holds back the end of the system guardian until remoting has sent what was told and has shut down.</summary>
internal sealed class RemotingTerminator : ReceiveActor
{
    private readonly IActorRef _systemGuardian;

    public RemotingTerminator(IActorRef systemGuardian)
    {
        _systemGuardian = systemGuardian;
        Receive<Remoting>(WaitForTheEnd);
    }

    private void WaitForTheEnd(Remoting remoting)
    {
        _systemGuardian.Tell(RegisterTerminationHook.Instance);
        Become(() =>
        {
            Receive<TerminationHook>(_ =>
            {
                Context.GetLogger().Info("Shutting down remoting");
                remoting.Shutdown().PipeTo(Self, Self, () => new ShutdownFinished(null), cause => new ShutdownFinished(cause));
            });
            Receive<ShutdownFinished>(finished =>
            {
                if (finished.Cause is not null)
                    Context.GetLogger().Error(finished.Cause, "Remoting did not shut down cleanly");
                _systemGuardian.Tell(TerminationHookDone.Instance);
                Context.Stop(Self);
            });
        });
    }

    private sealed record ShutdownFinished(Exception? Cause);
}
