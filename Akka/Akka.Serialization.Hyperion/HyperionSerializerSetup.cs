using Akka.Actor.Setup;

namespace Akka.Serialization.Hyperion;

/// <summary>Settings of <see cref="HyperionSerializer"/> given in code at the start of the actor system; what is set here wins over HOCON.</summary>
public class HyperionSerializerSetup : Setup
{
    /// <summary>Changes nothing.</summary>
    public static readonly HyperionSerializerSetup Empty = new(null, null, null, null, null);

    private HyperionSerializerSetup(
        bool? preserveObjectReferences,
        bool? versionTolerance,
        Type? knownTypesProvider,
        IEnumerable<Func<string, string>>? packageNameOverrides,
        bool? disallowUnsafeType)
    {
        PreserveObjectReferences = preserveObjectReferences;
        VersionTolerance = versionTolerance;
        KnownTypesProvider = knownTypesProvider;
        PackageNameOverrides = packageNameOverrides;
        DisallowUnsafeType = disallowUnsafeType;
    }

    /// <summary>Whether objects that are referenced twice, and cycles, are kept.</summary>
    public bool? PreserveObjectReferences { get; }

    /// <summary>Whether field names travel.</summary>
    public bool? VersionTolerance { get; }

    /// <summary>The <see cref="IKnownTypesProvider"/>.</summary>
    public Type? KnownTypesProvider { get; }

    /// <summary>Changes to type names before they are looked up.</summary>
    public IEnumerable<Func<string, string>>? PackageNameOverrides { get; }

    /// <summary>Whether platform types outside the safe set are refused.</summary>
    public bool? DisallowUnsafeType { get; }

    /// <summary>A setup with the given values.</summary>
    public static HyperionSerializerSetup Create(bool preserveObjectReferences, bool versionTolerance, Type knownTypesProvider) =>
        new(preserveObjectReferences, versionTolerance, knownTypesProvider, null, null);

    /// <summary>A setup with the given values.</summary>
    public static HyperionSerializerSetup Create(
        bool preserveObjectReferences,
        bool versionTolerance,
        Type knownTypesProvider,
        IEnumerable<Func<string, string>> packageNameOverrides) =>
        new(preserveObjectReferences, versionTolerance, knownTypesProvider, packageNameOverrides, null);

    /// <summary>This setup with <see cref="PreserveObjectReferences"/> set.</summary>
    public HyperionSerializerSetup WithPreserveObjectReference(bool preserveObjectReference) =>
        new(preserveObjectReference, VersionTolerance, KnownTypesProvider, PackageNameOverrides, DisallowUnsafeType);

    /// <summary>This setup with <see cref="VersionTolerance"/> set.</summary>
    public HyperionSerializerSetup WithVersionTolerance(bool versionTolerance) =>
        new(PreserveObjectReferences, versionTolerance, KnownTypesProvider, PackageNameOverrides, DisallowUnsafeType);

    /// <summary>This setup with <see cref="KnownTypesProvider"/> set.</summary>
    public HyperionSerializerSetup WithKnownTypeProvider<T>() => WithKnownTypeProvider(typeof(T));

    /// <summary>This setup with <see cref="KnownTypesProvider"/> set.</summary>
    public HyperionSerializerSetup WithKnownTypeProvider(Type knownTypeProvider) =>
        new(PreserveObjectReferences, VersionTolerance, knownTypeProvider, PackageNameOverrides, DisallowUnsafeType);

    /// <summary>This setup with <see cref="PackageNameOverrides"/> set.</summary>
    public HyperionSerializerSetup WithPackageNameOverrides(IEnumerable<Func<string, string>> packageNameOverrides) =>
        new(PreserveObjectReferences, VersionTolerance, KnownTypesProvider, packageNameOverrides, DisallowUnsafeType);

    /// <summary>This setup with <see cref="DisallowUnsafeType"/> set.</summary>
    public HyperionSerializerSetup WithDisallowUnsafeType(bool disallowUnsafeType) =>
        new(PreserveObjectReferences, VersionTolerance, KnownTypesProvider, PackageNameOverrides, disallowUnsafeType);

    internal HyperionSerializerSettings ApplySettings(HyperionSerializerSettings settings) =>
        new(
            PreserveObjectReferences ?? settings.PreserveObjectReferences,
            VersionTolerance ?? settings.VersionTolerance,
            KnownTypesProvider ?? settings.KnownTypesProvider,
            PackageNameOverrides ?? settings.PackageNameOverrides,
            DisallowUnsafeType ?? settings.DisallowUnsafeType,
            settings.AllowedTypes,
            settings.DepthMax);
}
