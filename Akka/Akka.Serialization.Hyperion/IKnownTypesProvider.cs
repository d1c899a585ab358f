namespace Akka.Serialization;

/// <summary>Names the types that <see cref="HyperionSerializer"/> sends as small numbers instead of names. Order matters, on all nodes.</summary>
public interface IKnownTypesProvider
{
    /// <summary>The types, in an order that is the same everywhere.</summary>
    IEnumerable<Type> GetKnownTypes();
}

/// <summary>The default provider: every type is sent by name.</summary>
internal sealed class NoKnownTypes : IKnownTypesProvider
{
    public IEnumerable<Type> GetKnownTypes() => [];
}
