namespace Akka.Simulation;

/// <summary>
/// A static method that is called in rewritten assemblies in place of another one. Its parameters are those of the other method, after the
/// instance where that has one (by reference for a structure); its type parameters those of the type, then those of the method.
/// </summary>
/// <param name="type">The type of the other method, by its full name.</param>
/// <param name="method">Its name; <c>.ctor</c> for <c>new</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReplacesAttribute(string type, string method) : Attribute
{
    /// <summary>The type of the other method.</summary>
    public string Type { get; } = type;

    /// <summary>Its name.</summary>
    public string Method { get; } = method;

    /// <summary>Whether it stays in code that an <c>await</c> was compiled to: what that asks for is there.</summary>
    public bool NotAfterAwait { get; init; }
}
