namespace Akka.Actor;

/// <summary>A scheduler on whose thread everything runs: who must wait for a task there has it go on meanwhile.</summary>
internal interface IWorkWhileWaiting
{
    void WorkUntil(Task task);
}
