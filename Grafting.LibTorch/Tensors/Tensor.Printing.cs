using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        const int PrintedElements = 32;

        /// <summary>Shape, dtype, device and the first elements, for a debugger.</summary>
        public override string ToString()
        {
            if (IsInvalid) return "disposed tensor";
            var text = new StringBuilder().Append(
                CultureInfo.InvariantCulture, $"[{string.Join("x", shape)}], type = {dtype}, device = {device}");
            if (is_meta || NumberOfElements == 0) return text.ToString();
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            var values = detach().reshape(-1);
            var shown = Math.Min(NumberOfElements, PrintedElements);
            var numbers = values.narrow(0, 0, shown).to(ScalarType.Float64, CPU).data<double>().ToArray();
            text.Append(" = ").AppendJoin(", ", numbers.Select(x => x.ToString("g5", CultureInfo.InvariantCulture)));
            return (shown < NumberOfElements ? text.Append(", …") : text).ToString();
        }
    }
}
