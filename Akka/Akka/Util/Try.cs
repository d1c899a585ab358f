namespace Akka.Util;

/// <summary>The outcome of a computation: a value or the exception it threw.</summary>
public class Try<T>
{
    public Try(T success)
    {
        IsSuccess = true;
        Success = new Option<T>(success);
    }

    public Try(Exception failure)
    {
        IsSuccess = false;
        Failure = new Option<Exception>(failure ?? throw new ArgumentNullException(nameof(failure)));
    }

    public bool IsSuccess { get; }

    public Option<T> Success { get; }

    public Option<Exception> Failure { get; }

    public static Try<T> From(Func<T> func)
    {
        try
        {
            return new Try<T>(func());
        }
        catch (Exception e)
        {
            return new Try<T>(e);
        }
    }

    public Try<T> Recover(Action<Exception> failureHandler)
    {
        if (!IsSuccess) failureHandler(Failure.Value);
        return this;
    }

    public Try<T> RecoverWith(Func<Exception, Try<T>> failureHandler)
    {
        if (IsSuccess) return this;
        try
        {
            return failureHandler(Failure.Value);
        }
        catch (Exception e)
        {
            return new Try<T>(e);
        }
    }

    public Try<T> OrElse(Try<T> @default) => IsSuccess ? this : @default;

    public Try<T> GetOrElse(Func<T> fallback) => IsSuccess ? this : From(fallback);

    /// <summary>The value; a failure is thrown.</summary>
    public T Get() => IsSuccess ? Success.Value : throw Failure.Value;

    public static implicit operator Try<T>(T value) => new(value);
}
