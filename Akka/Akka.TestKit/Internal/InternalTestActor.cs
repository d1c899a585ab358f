using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>The actor behind a test kit or a probe: puts what it receives where the test finds it.</summary>
internal sealed class InternalTestActor : ActorBase
{
    private readonly TestMessageQueue _queue;
    private readonly DelegatingSupervisorStrategy _supervisorStrategy = new();
    private TestActor.Ignore? _ignore;
    private AutoPilot _autoPilot = AutoPilot.NoAutoPilot;

    public InternalTestActor(TestMessageQueue queue) => _queue = queue;

    protected override SupervisorStrategy SupervisorStrategy() => _supervisorStrategy;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case TestActor.SetIgnore setIgnore:
                _ignore = setIgnore.Ignore;
                return true;
            case TestActor.Watch watch:
                Context.Watch(watch.Actor);
                return true;
            case TestActor.Unwatch unwatch:
                Context.Unwatch(unwatch.Actor);
                return true;
            case TestActor.SetAutoPilot setAutoPilot:
                _autoPilot = setAutoPilot.AutoPilot;
                return true;
            case TestActor.Spawn spawn:
                var child = spawn.Apply(Context);
                if (spawn._supervisorStrategy.HasValue) _supervisorStrategy.Update(child, spawn._supervisorStrategy.Value);
                _queue.Add(new RealMessageEnvelope(child, Self));
                return true;
        }

        var next = _autoPilot.Run(Sender, message);
        if (next is not KeepRunning) _autoPilot = next;
        if (_ignore is null || !_ignore(message)) _queue.Add(new RealMessageEnvelope(message, Sender));
        return true;
    }

    protected override void PostStop()
    {
        // what the test did not look at is lost, as with any other actor that stops
        foreach (var envelope in _queue.Snapshot())
        {
            var sender = envelope.Sender ?? Context.System.DeadLetters;
            Context.System.DeadLetters.Tell(new DeadLetter(envelope.Message, sender, Self), sender);
        }
    }
}
