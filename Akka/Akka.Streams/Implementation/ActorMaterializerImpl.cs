using Akka.Actor;
using Akka.Pattern;

namespace Akka.Streams.Implementation;

/// <summary>The materializer.</summary>
internal sealed class ActorMaterializerImpl(ExtendedActorSystem system, ActorMaterializerSettings settings, IActorRef supervisor, string namePrefix)
    : ActorMaterializer
{
    private int _streams;
    private int _shutdown;

    public override ActorMaterializerSettings Settings => settings;

    public override bool IsShutdown => Volatile.Read(ref _shutdown) != 0 || Supervisor.IsTerminated;

    private LocalActorRef Supervisor => (LocalActorRef)supervisor;

    public override TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable)
    {
        ArgumentNullException.ThrowIfNull(runnable);
        if (IsShutdown)
            throw AlreadyShutDown(null);
        var run = new StreamRun(system, settings.SyncProcessingLimit);
        var mat = ((IRunnableBlueprint<TMat>)runnable.Blueprint).Build(run);
        var props = Props.Create(typeof(StreamActor), run).WithDeploy(Deploy.Local);
        if (settings.Dispatcher.Length > 0)
            props = props.WithDispatcher(settings.Dispatcher);
        try
        {
            Supervisor.Cell.AttachChild(props, isSystemService: false, $"{namePrefix}-{Interlocked.Increment(ref _streams) - 1}");
        }
        catch (InvalidOperationException e)
        {
            // It began to stop meanwhile.
            throw AlreadyShutDown(e);
        }
        return mat;
    }

    public override void Shutdown()
    {
        if (Interlocked.Exchange(ref _shutdown, 1) == 0)
            Supervisor.Stop();
    }

    private static IllegalStateException AlreadyShutDown(Exception? why)
    {
        const string Message = "Trying to materialize stream after materializer has been shutdown";
        return why is null ? new IllegalStateException(Message) : new IllegalStateException(Message, why);
    }
}
