using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.Simulation;

/// <summary>Has dispatchers run their mailboxes in the world. Named by <c>executor</c> in the dispatchers' configuration.</summary>
public sealed class SimulationExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new Executor(id, SimulatedProcess.Of(Prerequisites.Settings.Config));

    private sealed class Executor(string id, SimulatedProcess process) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => process.World.AddSoon(process, run, run.Run);

        public override void Shutdown()
        {
        }
    }
}
