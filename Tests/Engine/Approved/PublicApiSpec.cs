using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit.Sdk;

namespace Mooring.Tests.Engine.Approved;

/// <summary>
/// The public API of each package of the engine, beside this file as text: a change of it shows in review. Whoever changed it on purpose
/// writes the texts anew with <c>MOORING_APPROVE=1 dotnet test Tests/Engine --filter PublicApiSpec</c> and commits them.
/// </summary>
public sealed class PublicApiSpec
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Packages =>
        [.. Directory.GetFiles(AppContext.BaseDirectory, "Akka*.dll").Select(f => Path.GetFileNameWithoutExtension(f)).Where(p => p != "Akka.Simulation").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_API_is_the_approved_one(string package)
    {
        var now = Describe(Assembly.Load(package));
        var file = Path.Combine(Folder(), package + ".txt");
        if (Environment.GetEnvironmentVariable("MOORING_APPROVE") == "1")
            File.WriteAllText(file, now);
        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (now == approved)
            return;
        var (before, after) = (approved.Split('\n'), now.Split('\n'));
        throw new XunitException(
            $"The public API of {package} is not the approved one. If that is on purpose: MOORING_APPROVE=1 dotnet test Tests/Engine --filter PublicApiSpec\n"
            + string.Join('\n', after.Except(before).Select(l => "new:  " + l).Concat(before.Except(after).Select(l => "gone: " + l)).Take(40)));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetTypes().Where(IsVisible).OrderBy(Name, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(type.Namespace).Append('.').Append(Name(type));
            var bases = Bases(type);
            if (bases.Length > 0)
                text.Append(" : ").Append(bases);
            text.Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
                text.Append("  ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static bool IsVisible(Type type) =>
        !type.Name.Contains('<') && (type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)));

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type))
            return "";
        var bases = new List<string>();
        if (type.BaseType is { } ancestor && ancestor != typeof(object) && ancestor != typeof(ValueType))
            bases.Add(Text(ancestor));
        bases.AddRange(type.GetInterfaces().Where(i => i.IsVisible).Select(Text).Order(StringComparer.Ordinal));
        return string.Join(", ", bases);
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Enum.Format(type, Enum.Parse(type, name), "d")}");
        if (typeof(Delegate).IsAssignableFrom(type))
            return [Signature(type.GetMethod("Invoke")!)];
        return type.GetConstructors(Declared).Where(IsVisible).Select(c => $"{Access(c)}new({Parameters(c)})")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(Field))
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible)).Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => $"event {Text(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && IsOwn(m)).Select(Signature));
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOwn(MethodInfo method) =>
        !method.Name.Contains('<') && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            MethodInfo m when m.GetBaseDefinition() != m => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        });

    private static string Signature(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Text))}>" : "";
        return $"{Access(method)}{Text(method.ReturnType)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Text(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + Constant(p.RawDefaultValue) : "")}"));

    private static string Field(FieldInfo field) =>
        $"{(field.IsPublic ? "" : "protected ")}{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Text(field.FieldType)} {field.Name}"
        + (field.IsLiteral ? " = " + Constant(field.GetRawConstantValue()) : "");

    private static string Property(PropertyInfo property)
    {
        var accessors = property.GetAccessors(nonPublic: true).Where(IsVisible).ToList();
        var index = property.GetIndexParameters();
        var setter = property.SetMethod is { } set && accessors.Contains(set)
            ? set.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? " init;" : set.IsPublic == accessors.Any(a => a.IsPublic) ? " set;" : " protected set;"
            : "";
        var getter = property.GetMethod is { } get && accessors.Contains(get) ? " get;" : "";
        return $"{Access(accessors[0])}{Text(property.PropertyType)} {property.Name}"
            + (index.Length > 0 ? $"[{string.Join(", ", index.Select(p => Text(p.ParameterType)))}]" : "") + $" {{{getter}{setter} }}";
    }

    private static string Constant(object? value) => value switch
    {
        null => "null",
        string s => $"\"{s}\"",
        bool b => b ? "true" : "false",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type)
    {
        var own = type.Name.Split('`')[0];
        var inherited = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        var arguments = type.GetGenericArguments().Skip(inherited).Select(Text).ToList();
        return (type.DeclaringType is { } outer && !type.IsGenericParameter ? Name(outer) + "." : "") + own + (arguments.Count > 0 ? $"<{string.Join(", ", arguments)}>" : "");
    }

    private static string Text(Type type) => type switch
    {
        { IsByRef: true } => Text(type.GetElementType()!),
        { IsArray: true } => Text(type.GetElementType()!) + "[]",
        { IsGenericParameter: true } => type.Name,
        _ when Nullable.GetUnderlyingType(type) is { } value => Text(value) + "?",
        _ when type == typeof(void) => "void",
        _ when type == typeof(object) => "object",
        _ when type == typeof(string) => "string",
        _ when type == typeof(bool) => "bool",
        _ when type == typeof(int) => "int",
        _ when type == typeof(long) => "long",
        _ when type == typeof(double) => "double",
        _ when type == typeof(byte) => "byte",
        _ => Name(type),
    };
}
