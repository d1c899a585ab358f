namespace Mooring.Operations;

/// <summary>The values that were given for an operation's parameters.</summary>
public sealed class Given
{
    private readonly Dictionary<Parameter, object?> _values = [];

    /// <summary>Whether a value was given.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <returns>True when there is one.</returns>
    public bool Has(Parameter parameter) => _values.ContainsKey(parameter);

    /// <summary>The value of a parameter; the type's own default for one that was not given and is not required.</summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="parameter">The parameter.</param>
    /// <returns>The value.</returns>
    /// <exception cref="FormatException">It is required and was not given.</exception>
    public T Get<T>(Parameter<T> parameter) => _values.TryGetValue(parameter, out var value) ? (T)value!
        : parameter.Required ? throw new FormatException($"{parameter.HttpName} is missing")
        : default!;

    /// <summary>Gives a value.</summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="parameter">The parameter.</param>
    /// <param name="value">The value.</param>
    public void Set<T>(Parameter<T> parameter, T value) => _values[parameter] = value;
}
