namespace Akka.Actor;

/// <summary>The scheduler cannot do what was asked, for example because it is shut down.</summary>
public sealed class SchedulerException : AkkaException
{
    public SchedulerException(string message) : base(message)
    {
    }
}
