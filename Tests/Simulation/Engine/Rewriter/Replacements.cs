using Mono.Cecil;

namespace Akka.Simulation.Rewriter;

/// <summary>The methods of the shim, by what they replace.</summary>
internal sealed class Replacements
{
    private const string Attribute = "Akka.Simulation.ReplacesAttribute";

    private readonly Dictionary<string, Replacement> _byCall = [];

    public Replacements(ModuleDefinition shim)
    {
        foreach (var method in shim.Types.SelectMany(t => t.Methods))
        {
            foreach (var attribute in method.CustomAttributes.Where(a => a.AttributeType.FullName == Attribute))
            {
                var (type, name) = ((string)attribute.ConstructorArguments[0].Value, (string)attribute.ConstructorArguments[1].Value);
                _byCall.Add(Key(type, name, method.Parameters.Select(p => Name(p.ParameterType))), new Replacement(method, attribute.Properties.Any(p => p.Argument.Value is true)));
            }
        }
    }

    /// <summary>What replaces a call; null when it stays.</summary>
    public Replacement? For(MethodReference called, bool isNew)
    {
        var element = called.GetElementMethod();
        var type = element.DeclaringType.GetElementType().FullName;
        var parameters = element.Parameters.Select(p => Name(p.ParameterType)).ToList();
        if (!element.HasThis || isNew)
            return _byCall.GetValueOrDefault(Key(type, element.Name, parameters));
        // Whether it is a structure is not said where it is named.
        var own = type + TypeArguments(Arity(element.DeclaringType.GetElementType()));
        return _byCall.GetValueOrDefault(Key(type, element.Name, [own, .. parameters]))
            ?? _byCall.GetValueOrDefault(Key(type, element.Name, [own + "&", .. parameters]));
    }

    private static string Key(string type, string method, IEnumerable<string> parameters) => $"{type}::{method}({string.Join(",", parameters)})";

    private static string TypeArguments(int count) => count == 0 ? "" : $"<{string.Join(",", Enumerable.Range(0, count).Select(i => $"!{i}"))}>";

    // Type parameters by their place: those of the type, then those of the method.
    private static string Name(TypeReference type) => type switch
    {
        GenericParameter { Type: GenericParameterType.Type } own => $"!{own.Position}",
        GenericParameter own => $"!{own.Position + ((own.Owner as MethodReference)?.DeclaringType.GetElementType() is { } t ? Arity(t) : 0)}",
        GenericInstanceType generic => $"{generic.ElementType.FullName}<{string.Join(",", generic.GenericArguments.Select(Name))}>",
        ByReferenceType reference => Name(reference.ElementType) + "&",
        ArrayType array => Name(array.ElementType) + "[]",
        _ => type.FullName,
    };

    private static int Arity(TypeReference type)
    {
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? 0 : int.Parse(type.Name[(tick + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>What a call becomes.</summary>
/// <param name="Method">The method of the shim.</param>
/// <param name="NotAfterAwait">Whether the call stays where an <c>await</c> was compiled to it.</param>
internal sealed record Replacement(MethodDefinition Method, bool NotAfterAwait)
{
    /// <summary>What is called, with the type arguments of the call that it replaces.</summary>
    public MethodReference In(ModuleDefinition module, MethodReference called)
    {
        var target = module.ImportReference(Method);
        if (!Method.HasGenericParameters)
            return target;
        var instance = new GenericInstanceMethod(target);
        foreach (var argument in (called.DeclaringType as GenericInstanceType)?.GenericArguments ?? [])
            instance.GenericArguments.Add(argument);
        foreach (var argument in (called as GenericInstanceMethod)?.GenericArguments ?? [])
            instance.GenericArguments.Add(argument);
        return instance;
    }
}
