namespace Akka;

/// <summary>Says that something finished, where there is no value to hand over.</summary>
public sealed class Done
{
    private Done() { }

    public static readonly Done Instance = new();
}
