package schedule

// vectorCost is what element-wise work costs per element: arithmetic operations
// on the vector unit, and elements moved between SRAM and the lanes. The counts
// follow from each operation's definition; a transcendental function counts as
// one operation, since the vector unit pipelines it ([A]).
type vectorCost struct {
	name           string
	ops, movements int64
}

var (
	costNorm            = vectorCost{"norm", 4, 2}             // square, accumulate, scale, gain; read, write
	costNormGradient    = vectorCost{"norm-gradient", 8, 3}    // two reductions and an update; read x and dy, write dx
	costRotary          = vectorCost{"rotary", 3, 2}           // two products and a sum
	costSoftmax         = vectorCost{"softmax", 5, 2}          // max, subtract, exp, sum, scale
	costSoftmaxGradient = vectorCost{"softmax-gradient", 4, 3} // product, sum, subtract, product; read p and dp, write ds
	costResidual        = vectorCost{"residual", 1, 3}         // add; read both, write
	costRouter          = vectorCost{"router-top-k", 8, 2}     // softmax, one comparison per selection stage, normalisation, scale
	costRouterGradient  = vectorCost{"router-gradient", 4, 3}  // softmax gradient
	costAuxLoss         = vectorCost{"aux-loss", 3, 2}         // mean load, product, its gradient
	costSwiGLU          = vectorCost{"swiglu", 5, 3}           // negate, exp, add, divide, product; read gate and up, write
	costSwiGLUGradient  = vectorCost{"swiglu-gradient", 10, 6} // both partial derivatives and the gate's weight gradient; read 4, write 2
	costAggregate       = vectorCost{"aggregate", 2, 3}        // weight, add
	costScale           = vectorCost{"scale", 1, 2}            // gradient times the router's weight
	costCopy            = vectorCost{"copy", 1, 2}
	costLoss            = vectorCost{"cross-entropy", 5, 1} // online softmax over a slice of the vocabulary
	costLossGradient    = vectorCost{"cross-entropy-gradient", 3, 2}
	costSGD             = vectorCost{"sgd", 2, 3} // scale, subtract; read weight and gradient, write
)
