namespace Akka.Annotations;

/// <summary>Marks public API that may change without notice.</summary>
[AttributeUsage(AttributeTargets.All, Inherited = false)]
public sealed class ApiMayChangeAttribute : Attribute;

/// <summary>Marks types that applications should not implement or derive from.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, Inherited = false)]
public sealed class DoNotInheritAttribute : Attribute;

/// <summary>Marks what is visible for technical reasons only.</summary>
[AttributeUsage(AttributeTargets.All, Inherited = false)]
public sealed class InternalApiAttribute : Attribute;

/// <summary>Marks internal API that other packages rely on.</summary>
[AttributeUsage(AttributeTargets.All, Inherited = false)]
public sealed class InternalStableApiAttribute : Attribute;
