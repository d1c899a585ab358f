namespace Akka.Streams.Dsl;

/// <summary>Which of two parts' values the combined graph gives.</summary>
public static class Keep
{
    /// <summary>That of the part on the left, nearer to the source.</summary>
    public static TLeft Left<TLeft, TRight>(TLeft left, TRight right) => left;

    /// <summary>That of the part on the right, nearer to the sink.</summary>
    public static TRight Right<TLeft, TRight>(TLeft left, TRight right) => right;

    /// <summary>Both.</summary>
    public static (TLeft, TRight) Both<TLeft, TRight>(TLeft left, TRight right) => (left, right);

    /// <summary>None.</summary>
    public static NotUsed None<TLeft, TRight>(TLeft left, TRight right) => NotUsed.Instance;
}
