using Xunit.Abstractions;
using Xunit.Sdk;

namespace Mooring.Tests.Storage.Contract;

/// <summary>A test of the contract. It is skipped, with the reason, in classes whose store cannot run here (<see cref="AvailabilityAttribute"/>).</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Mooring.Tests.Storage.Contract." + nameof(StoreFactDiscoverer), "Mooring.Tests.Storage")]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>Put a subclass on a test class to say when its store cannot run on this machine.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class AvailabilityAttribute : Attribute
{
    /// <summary>Why the tests of the class are skipped; null when they are not.</summary>
    public abstract string? SkipReason { get; }
}

/// <summary>Finds the tests marked with <see cref="StoreFactAttribute"/>.</summary>
public sealed class StoreFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new StoreTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);
}

/// <summary>A test case that asks its class whether the store can run here.</summary>
public sealed class StoreTestCase : XunitTestCase
{
    /// <summary>For the runner, which reads test cases back from text.</summary>
    [Obsolete("Called by the de-serializer")]
    public StoreTestCase()
    {
    }

    /// <summary>Makes one.</summary>
    public StoreTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod testMethod)
        : base(diagnostics, display, displayOptions, testMethod)
    {
    }

    /// <inheritdoc/>
    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute)
        ?? TestMethod.TestClass.Class.GetCustomAttributes(typeof(AvailabilityAttribute).AssemblyQualifiedName)
            .OfType<ReflectionAttributeInfo>().Select(a => ((AvailabilityAttribute)a.Attribute).SkipReason).FirstOrDefault()!;
}
