using Akka.Actor;

namespace Akka.Streams.Implementation;

/// <summary>Runs one stream: each message lets it take as many elements as are there, up to the length of a turn.</summary>
internal sealed class StreamActor(StreamRun run) : ActorBase
{
    protected override void PreStart()
    {
        run.Start(Self);
        StopWhenDone();
    }

    protected override bool Receive(object message)
    {
        if (message is not StreamRun.Call call)
            return false;
        run.Advance(call);
        StopWhenDone();
        return true;
    }

    protected override void PostStop() => run.Finish(new AbruptTerminationException(Self));

    private void StopWhenDone()
    {
        if (run.IsDone)
            Context.Stop(Self);
    }
}
