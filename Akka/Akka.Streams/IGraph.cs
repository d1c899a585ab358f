namespace Akka.Streams;

/// <summary>A part of a stream, or a whole one: a blueprint that can be used any number of times and does nothing by itself.</summary>
/// <typeparam name="TShape">Which sides are open.</typeparam>
public interface IGraph<out TShape> where TShape : Shape
{
    /// <summary>What builds it; only this package makes graphs.</summary>
    internal object Blueprint { get; }
}

/// <summary>A graph that gives a value of its own to whoever runs it.</summary>
/// <typeparam name="TShape">Which sides are open.</typeparam>
/// <typeparam name="TMaterialized">What comes out when it is run: a task, a kill switch.</typeparam>
public interface IGraph<out TShape, out TMaterialized> : IGraph<TShape> where TShape : Shape;
